"""One connection through a tap: what one side says or suffers is passed on to the other."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from harness.protocol.message import Sender
from harness.tap.end import End, linger_not
from harness.tap.transcript import Change, Recorder


class Link:
    """One connection.

    Args:
        number: what the transcript calls it.
        client: the accepted socket; it is closed when the connection is over.
        gateway: where to connect.
        recorder: told of everything.
    """

    def __init__(self, number: int, client: socket.socket, gateway: tuple[str, int], recorder: Recorder) -> None:
        self._number = number
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._address = gateway
        self._sockets = {Sender.CLIENT: client, Sender.GATEWAY: socket.socket()}
        self._ends = {who: End(each, self) for who, each in self._sockets.items()}
        self._over: asyncio.Future[Sender | None] = self._loop.create_future()
        self.client_over = asyncio.Event()
        """Set when the client has ended its side, and the gateway was told so."""

    @property
    def under_way(self) -> int:
        """Bytes that were read from one side and that the other has not taken."""
        return sum(end.untaken for end in self._ends.values())

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
            for each in self._sockets.values():
                each.close()

    async def _connected(self) -> bool:
        try:
            await self._loop.sock_connect(self._sockets[Sender.GATEWAY], self._address)
        except OSError as problem:
            self._recorder.change(self._number, Change.REFUSED, by=Sender.GATEWAY, reason=str(problem))
            linger_not(self._sockets[Sender.CLIENT])
            return False
        self._recorder.change(self._number, Change.OPENED)
        return True

    async def _hold(self) -> None:
        """Pass on both ways until the connection is over, and end it as it ended."""
        ends = self._ends.values()
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
                self._recorder.change(self._number, Change.RESET, by=broken)
                await self._other(self._ends[broken]).leave(reset=True)
        finally:
            for end in ends:
                await end.leave()

    def heard(self, end: End, data: bytes) -> None:
        """Keep what a side said, and pass it on."""
        self._recorder.chunk(self._number, self._who(end), data)
        self._other(end).say(data)

    def finished(self, end: End) -> None:
        """Tell the other side that no more comes; it may go on."""
        self._recorder.change(self._number, Change.HALF_CLOSED, by=self._who(end))
        self._other(end).say_no_more()
        if self._who(end) is Sender.CLIENT:
            self.client_over.set()
        if self._other(end).has_finished:
            self._finish(None)

    def broke(self, end: End) -> None:
        """Reset the other side."""
        self._finish(self._who(end))

    def crowded(self, end: End, *, crowded: bool) -> None:
        """Let the other side wait until this one has taken what it was sent."""
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
    with contextlib.suppress(OSError):  # macOS refuses it where the other side has gone, which reading tells
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
