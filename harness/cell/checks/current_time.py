"""The gateway's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cell.check import Check, Client
from harness.cell.expected import HostClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask the gateway's clock."""
    return {"epoch_seconds": client.connection.current_time(client.request_timeout)}


def expected(_truth: Truth) -> Mapping[str, Expected]:
    """Give the clock of this computer, which a simulated gateway has, too."""
    return {"epoch_seconds": HostClock()}


CHECK = Check(
    name="current_time",
    asks="req_current_time",
    proves="a request that needs no account is answered",
    ask=ask,
    expected=expected,
    varies=("epoch_seconds",),
)
