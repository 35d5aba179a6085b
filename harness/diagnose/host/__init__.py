"""Examines this machine for an IB Gateway or TWS that runs on it, without touching the Gateway.

For a handshake that failed: who listens, which connections wait to be accepted, what was sent and never read, which
process it is, and what its settings and newest log lines say. It only reads the system's own tables and files, with the
rights of the user who runs it.
"""

from __future__ import annotations

from harness.diagnose.host.hiding import Hiding
from harness.diagnose.host.machine_look import document, look
from harness.diagnose.host.our_connections import kept_of_ours, leave, remember
from harness.diagnose.host.sockets import is_here, reached
from harness.diagnose.host.unanswered import can_remember, rest, writable
from harness.known.local_gateways import UsualPort, known
from harness.shared.evidence.machine_view import Connection, HostView, Kind, Listener, LogLine, Owner, Settings, Side

__all__ = [
    "Connection",
    "Hiding",
    "HostView",
    "Kind",
    "Listener",
    "LogLine",
    "Owner",
    "Settings",
    "Side",
    "UsualPort",
    "can_remember",
    "document",
    "is_here",
    "kept_of_ours",
    "leave",
    "look",
    "reached",
    "remember",
    "rest",
    "usual_ports",
    "writable",
]


def usual_ports() -> tuple[UsualPort, ...]:
    """Return where Gateway and TWS listen by default, and where a container's forwarder does for them."""
    return known().ports
