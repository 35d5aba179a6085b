"""How long a cell took to connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.results.results_model import CellInfo

_CONNECTING = ("tcp", "version", "ready")
_CONNECTED = frozenset({Status.PASS, Status.DEGRADED})


def connect_seconds(cell: CellInfo) -> float | None:
    """Seconds from the connect until the library was ready to be asked; ``None`` where it never was."""
    checks = {check.name: check for check in cell.checks}
    if any(name not in checks or checks[name].status not in _CONNECTED for name in _CONNECTING):
        return None
    return sum(checks[name].seconds for name in _CONNECTING)
