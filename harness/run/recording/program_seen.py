"""Says which program listens at the address that is recorded, and so whether a real Gateway does.

No message tells: a simulated gateway is meant to say what a real one says.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.diagnose.host import Kind, look

_NAMES: Mapping[Kind, str] = {Kind.GATEWAY: "gateway", Kind.TWS: "tws", Kind.OURS: "ib-compat"}


def program_at(host: str, port: int) -> str:
    """Return what `GatewayRecorded.program` says; empty if it runs elsewhere, behind a forwarder, or cannot be seen."""
    listener = look(host, port, ports=()).listener
    return "" if listener is None else _NAMES.get(listener.owner.kind, "")
