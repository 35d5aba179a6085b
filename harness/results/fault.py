"""Who is at fault where a square is red, as far as the control can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.status import Fault, Status

if TYPE_CHECKING:
    from harness.results.outcome import GatewayOutcome

_NOBODY = frozenset({Status.PASS, Status.SKIPPED, Status.UNSUPPORTED})
_OURS = frozenset({Status.ERROR, Status.NOT_RUN})
_BEFORE_CONTACT = frozenset({"install", "import"})


def fault_of(status: Status, stage: str, gateway: GatewayOutcome | None) -> Fault | None:
    """Who is at fault.

    A library is blamed only where the control passed on the same gateway; where the control failed, the column is the
    gateway's. Without a control nobody can say.
    """
    if status in _NOBODY:
        return None
    if status in _OURS:
        return Fault.HARNESS
    if stage in _BEFORE_CONTACT:
        return Fault.PACKAGING
    if gateway is None or not gateway.probes:
        return Fault.UNKNOWN
    return Fault.LIBRARY if all(probe.passed for probe in gateway.probes) else Fault.GATEWAY
