"""Connects again, and collects the error callbacks of a further connect that a cell makes."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from adapters.base import MOST_CALLBACKS, ConnectError

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


BETWEEN = 0.1
"""Seconds between two attempts to connect; programs wait longer, as the gateway's restart takes longer."""


def connect_again(client: Client, *, to_cancel: bool = False) -> Connection:
    """End the connection and make another at once, as a restarting program does; it is the client's from now on.

    If it fails, and an order works that is ``to_cancel``, further attempts are made until the connect timeout is over:
    a Gateway may free the client id late. The first error is raised all the same; what is open then is the client's.
    """
    leaving = client.connection
    client.opened = None
    try:
        leaving.leave(client.request_timeout)
        client.opened = again = client.adapter.connect(client.endpoint, client.connect_timeout, SecondConnect())
    except Exception:
        if to_cancel:
            with suppress(ConnectError):
                client.opened = connect_late(client, [])
        if client.opened is None:
            leaving.close(client.request_timeout)
        raise
    return again


def connect_late(client: Client, failed: list[ConnectError]) -> Connection:
    """Connect as soon as it is possible, on the loop of the connection before, which some libraries never change.

    What failed before is added to ``failed``; what the library logs of that is not held against it.

    Raises:
        ConnectError: that of the last attempt, after the connect timeout.
    """
    until, before = time.monotonic() + client.connect_timeout, len(client.problems)
    while True:
        try:
            return client.adapter.connect(client.endpoint, client.connect_timeout, SecondConnect(), until_closed=True)
        except ConnectError as error:
            if time.monotonic() >= until:
                raise
            failed.append(error)
        del client.problems[before:]
        time.sleep(BETWEEN)
