"""Carries one connection of a replayed gateway: gives its session what comes, and sends what that answers.

It is a protocol of asyncio's, without its streams: they cost a future, a task's turn and two copies for each read. A
client that does not read is neither answered nor read, so no more than a part waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from math import inf
from typing import Protocol, cast

from harness.gateways.replay.playing import PART
from harness.gateways.replay.session import Session

log = logging.getLogger("ib_compat.replay")


class Connections(Protocol):
    """All connections of the gateway."""

    def made(self, connection: Connection) -> None:
        """Take one that begins."""
        ...

    def lost(self, connection: Connection) -> None:
        """Hear that it is over."""
        ...


class Connection(asyncio.Protocol):
    """One connection.

    Args:
        label: what the log calls it.
        session: answers the client.
        among: who is told of its beginning and its end.
    """

    _transport: asyncio.Transport

    def __init__(self, label: str, session: Session, among: Connections) -> None:
        self._label = label
        self._session = session
        self._among = among
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._is_full = False
        self._reads = True
        self.over = asyncio.Event()
        """Set when nothing more comes of it."""

    def abort(self) -> None:
        """End it without sending what waits."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._among.made(self)

    def data_received(self, data: bytes) -> None:
        """Answer all that came: one write for it costs a fraction of one for each message."""
        self._session.hear(data)
        self._go_on()

    def eof_received(self) -> None:
        """Let the client go, which has said all; what waits is sent to it before."""
        self._leave()

    def pause_writing(self) -> None:
        """Wait for the client, which does not take what was sent to it."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Send what would have been sent meanwhile."""
        self._is_full = False
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if exc is not None:
            log.info("%s broke off: %s", self._label, exc)
        self._leave()
        log.debug("%s ended", self._label)
        self._among.lost(self)
        self.over.set()

    @property
    def _can_send(self) -> bool:
        return not self._is_full and not self._transport.is_closing()

    def _go_on(self) -> None:
        """Send a part of what is to be sent by now; if there may be more, it comes after others had their turn."""
        if not self._can_send:
            return
        part = self._session.take()
        if part:
            self._transport.write(part)
        if not self._session.is_open:
            self._leave()
            self._transport.close()
        elif self._is_full:
            self._read(on=False)
        elif len(part) >= PART:
            self._read(on=False)
            self._loop.call_soon(self._go_on)
        else:
            self._read(on=True)
            self._set_timer()

    def _read(self, *, on: bool) -> None:
        """Take what the client says, or let it wait in the socket."""
        if on is self._reads:
            return
        self._reads = on
        if on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _set_timer(self) -> None:
        """Wake up when the next message is due; to wake up too early costs less than a timer for each request."""
        due, timer = self._session.due(), self._timer
        if due == inf or (timer is not None and self._loop.time() < timer.when() <= due):
            return
        if timer is not None:
            timer.cancel()
        self._timer = self._loop.call_at(due, self._go_on)

    def _leave(self) -> None:
        self._session.leave()
        if self._timer is not None:
            self._timer.cancel()
