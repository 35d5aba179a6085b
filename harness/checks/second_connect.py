"""Connects again, and collects the error callbacks of a further connect that a cell makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.base import MOST_CALLBACKS

if TYPE_CHECKING:
    from adapters.base import Connection, Stage
    from adapters.records import ErrorCallback
    from harness.checks.check import Client


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
        if len(self.callbacks) < MOST_CALLBACKS:
            self.callbacks.append(callback)


def connect_again(client: Client) -> Connection:
    """End the connection and make another at once, as a restarting program does; it is the client's from now on."""
    leaving = client.connection
    client.opened = None
    try:
        leaving.leave(client.request_timeout)
        client.opened = again = client.adapter.connect(client.endpoint, client.connect_timeout, SecondConnect())
    except Exception:
        leaving.close(client.request_timeout)
        raise
    return again
