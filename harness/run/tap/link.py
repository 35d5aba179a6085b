"""Handles one connection through a tap: passes on to one side what the other sends or suffers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Protocol

from harness.diagnose.host import leave, remember
from harness.run.tap.end import End, linger_not
from harness.run.tap.rein import FirstAccounts, Paced, Rein
from harness.run.tap.way import Way
from harness.wire.message import Sender
from harness.wire.transcript import Change


class Hearing(Protocol):
    """Is told of everything that happens on connections, by their numbers."""

    def change(self, connection: int, change: Change, *, by: Sender | None = None, reason: str | None = None) -> None:
        """Something became of a connection."""
        ...

    def chunk(self, connection: int, sender: Sender, data: bytes) -> None:
        """A side sent something that the other gets."""
        ...

    def way(self, connection: int, to: Sender, way: Way) -> None:
        """The network to a side was not good."""
        ...

    def too_much(self, connection: int) -> str | None:
        """Return in words what a connection has too much of; ``None`` if it may go on."""
        ...


class Guarding(Protocol):
    """Decides which of a client's messages the gateway gets."""

    why_ended: str | None

    def client(self, data: bytes) -> bytes:
        """Take what the client sent; return what the gateway gets."""
        ...

    def client_rest(self) -> bytes:
        """Return what the gateway still gets when the client has ended its side."""
        ...

    def gateway(self, data: bytes) -> bytes:
        """Take what the gateway sent; return what the client gets."""
        ...

    def answers(self) -> bytes:
        """Return what the client gets now instead of an answer of the gateway."""
        ...


class Link:
    """One connection.

    Args:
        number: what the transcript calls it.
        client: the accepted socket; it is closed when the connection is over.
        gateway: the address to connect to.
        recorder: is notified of everything.
        rein: limits what passes, and how fast; ``None`` lets everything through.
        guard: decides which messages pass; ``None`` lets all through.
    """

    def __init__(
        self,
        number: int,
        client: socket.socket,
        gateway: tuple[str, int],
        recorder: Hearing,
        *,
        rein: Rein | None = None,
        guard: Guarding | None = None,
    ) -> None:
        self._number = number
        self._recorder = recorder
        self._rein = rein
        self._guard = guard
        self._first_accounts = FirstAccounts()
        self._paced = None if rein is None else Paced(rein.pace, self._client_says, self._client_has_said_all)
        self._loop = asyncio.get_running_loop()
        self._address = gateway
        self._sockets = {Sender.CLIENT: client, Sender.GATEWAY: socket.socket(_family(gateway[0]))}
        self._ends = {who: End(each, self) for who, each in self._sockets.items()}
        self._unanswered_from: tuple[str, int] | None = None
        self._over: asyncio.Future[Sender | None] = self._loop.create_future()
        self.held_back: str | None = None
        """Why the connection was ended before the client read of the accounts."""
        self.is_cut_off = False
        """Whether it was ended because the gateway sent too much."""
        self.client_over = asyncio.Event()
        """Set when the client has ended its side, and that was passed on to the gateway."""

    @property
    def under_way(self) -> int:
        """How many bytes were read from one side and not yet taken by the other."""
        waiting = 0 if self._paced is None else self._paced.untaken
        return waiting + sum(end.untaken for end in self._ends.values())

    async def run(self) -> None:
        """Connect to the gateway, and pass on until the connection is over; cancelling closes both sides."""
        try:
            for each in self._sockets.values():
                _make_ready(each)
            if await self._connected():
                await self._hold()
        except BaseException:
            self._recorder.change(self._number, Change.CLOSED)
            raise
        finally:
            self.client_over.set()
            self._write_down()
            self.close()

    def close(self) -> None:
        """Let go of both sockets, also if it was cancelled before it began."""
        for each in self._sockets.values():
            each.close()

    async def _connected(self) -> bool:
        try:
            await self._loop.sock_connect(self._sockets[Sender.GATEWAY], self._address)
        except OSError as problem:
            self._recorder.change(self._number, Change.REFUSED, by=Sender.GATEWAY, reason=str(problem))
            linger_not(self._sockets[Sender.CLIENT])
            return False
        self._unanswered_from = self._sockets[Sender.GATEWAY].getsockname()[:2]
        remember(self._unanswered_from, self._address)
        self._recorder.change(self._number, Change.OPENED)
        return True

    def _write_down(self) -> None:
        """Remember for later looks that a real gateway left this connection unanswered: it may keep it."""
        if self._unanswered_from is not None and self._rein is not None:
            leave(self._unanswered_from, self._address)

    async def _hold(self) -> None:
        """Pass on in both directions until one side ends the connection, and end the other side in the same way."""
        ends = self._ends.values()
        pacing = None if self._paced is None else asyncio.create_task(self._paced.run())
        try:
            for end in ends:
                await end.attach()
            for end in ends:
                end.read_on()
            broken = await self._over
            if broken is None:
                await asyncio.gather(*(end.leave(at_once=False) for end in ends))
                self._recorder.change(self._number, Change.CLOSED)
            else:
                if self.held_back is None and not self.is_cut_off:
                    self._recorder.change(self._number, Change.RESET, by=broken)
                await self._other(self._ends[broken]).leave(reset=True)
        finally:
            if pacing is not None:
                pacing.cancel()
                await asyncio.gather(pacing, return_exceptions=True)
            for end in ends:
                await end.leave()
                if end.way is not None and not end.way.is_good:
                    self._recorder.way(self._number, self._who(end), end.way)

    def heard(self, end: End, data: bytes) -> None:
        """Record what a side sent, and pass it on."""
        if self._who(end) is Sender.GATEWAY:
            self._unanswered_from = None
            passed = data if self._guard is None else self._guard.gateway(data)
            if self._guard_ends():
                return
            self._recorder.chunk(self._number, Sender.GATEWAY, data)
            if not self._held_back(data) and not self._cut_off():
                self._other(end).say(passed)
        elif self._paced is not None:
            self._paced.take(data)
            end.hold()
        else:
            self._client_says(data)

    def _held_back(self, data: bytes) -> bool:
        """End the connection before the client learns of an account about which it may request nothing."""
        if self.held_back is not None:
            return True
        accounts = None if self._rein is None else self._first_accounts.heard(data)
        reason = None if self._rein is None or accounts is None else self._rein.why_not(accounts)
        return reason is not None and self._hold_back(reason)

    def _guard_ends(self) -> bool:
        """End the connection if the guard says so."""
        if self._guard is None or self._guard.why_ended is None:
            return False
        return self.held_back is not None or self._hold_back(self._guard.why_ended)

    def _hold_back(self, reason: str) -> bool:
        self.held_back = reason
        self._recorder.change(self._number, Change.HELD_BACK, reason=reason)
        self._finish(Sender.GATEWAY)
        return True

    def _cut_off(self) -> bool:
        """End the connection if the gateway sends without end."""
        if self.is_cut_off:
            return True
        reason = self._recorder.too_much(self._number)
        if reason is None:
            return False
        self.is_cut_off = True
        self._recorder.change(self._number, Change.CUT_OFF, by=Sender.GATEWAY, reason=reason)
        self._finish(Sender.GATEWAY)
        return True

    def _client_says(self, data: bytes) -> None:
        if self._guard is not None:
            data = self._guard.client(data)
            if answers := self._guard.answers():
                self._ends[Sender.CLIENT].say(answers)
        if not self._guard_ends():
            self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        if data:
            self._recorder.chunk(self._number, Sender.CLIENT, data)
            self._ends[Sender.GATEWAY].say(data)
        if self._paced is not None and not self._paced.untaken:
            self._ends[Sender.CLIENT].read_on()

    def finished(self, end: End) -> None:
        """End the stream to the other side, which may continue to send."""
        if self._who(end) is Sender.GATEWAY:
            self._has_said_all(end)
        elif self._paced is not None:
            self._paced.take(None)
        else:
            self._client_has_said_all()

    def _client_has_said_all(self) -> None:
        if self._guard is not None:
            self._pass_on(self._guard.client_rest())
        self._has_said_all(self._ends[Sender.CLIENT])
        self.client_over.set()

    def _has_said_all(self, end: End) -> None:
        if self.is_cut_off:
            return  # that it ends now, too, is our doing
        if self._who(end) is Sender.GATEWAY:
            self._unanswered_from = None  # it does not keep what it ended itself
        self._recorder.change(self._number, Change.HALF_CLOSED, by=self._who(end))
        self._other(end).say_no_more()
        if self._other(end).has_finished and (self._paced is None or self._paced.idle):
            self._finish(None)

    def broke(self, end: End) -> None:
        """Reset the other side."""
        if self._who(end) is Sender.GATEWAY:
            self._unanswered_from = None
        self._finish(self._who(end))

    def crowded(self, end: End, *, crowded: bool) -> None:
        """Make the other side wait until this one has taken what it was sent."""
        if crowded:
            self._other(end).hold()
        else:
            self._other(end).read_on()

    def _finish(self, broken: Sender | None) -> None:
        if not self._over.done():
            self._over.set_result(broken)

    def _who(self, end: End) -> Sender:
        return Sender.CLIENT if end is self._ends[Sender.CLIENT] else Sender.GATEWAY

    def _other(self, end: End) -> End:
        return self._ends[Sender.GATEWAY if end is self._ends[Sender.CLIENT] else Sender.CLIENT]


def _make_ready(end: socket.socket) -> None:
    end.setblocking(False)
    with contextlib.suppress(OSError):  # macOS refuses it if the other side is closed, which reading shows
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
