"""The check of coming back: a program that restarts wants the client id that it has just left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cell.checks.model import Check

if TYPE_CHECKING:
    from adapters.base import Adapter, Connection, Endpoint, Stage
    from adapters.records import ErrorCallback

RECONNECT = Check("reconnect", "right after its end, the same client id is let in again and gets ready")


class SecondConnect:
    """Hears a connect that has no checks of its own for its stages."""

    def __init__(self) -> None:
        self.callbacks: list[ErrorCallback] = []

    def stage_reached(self, stage: Stage, elapsed: float) -> None:
        """Take no note: the stages of the first connect are the checks."""

    def negotiated(self, server_version: int) -> None:
        """Take no note: the version of the first connect counts."""

    def error_callback(self, callback: ErrorCallback) -> None:
        """Keep what the gateway says."""
        self.callbacks.append(callback)


def reconnect(
    adapter: Adapter, connection: Connection, endpoint: Endpoint, timeouts: tuple[float, float]
) -> Connection:
    """End the connection and make another at once, as a program does that goes on.

    ``timeouts`` are seconds for the connect and for the end.
    Errors: `ConnectError`, `CloseError`, and what the library raises; then nothing is left connected.
    """
    for_connect, for_end = timeouts
    try:
        connection.leave(for_end)
    except Exception:
        connection.close(for_end)
        raise
    return adapter.connect(endpoint, for_connect, SecondConnect())


def as_detail(connection: Connection) -> dict[str, Any]:
    """Give what a ready connection was told."""
    return {"accounts": list(connection.accounts), "next_order_id": connection.next_order_id}
