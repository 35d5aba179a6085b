"""One connection through a tap: two sockets, and what one of them says or suffers passed on to the other."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from harness.protocol.message import Sender
from harness.tap.transcript import Change, Recorder

CHUNK = 65536
"""Most bytes of one read."""

LOOK_SECONDS = 0.05
"""How often to look at a side that is not being read, for only reading would tell that it was reset."""

LAST_WORDS_SECONDS = 1.0
"""How long the other side may take to read what a side said before it would take no more."""

_LINGER_NOT = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""Closing sends a reset; the fields of ``struct linger`` are shorter on Windows."""


@dataclass(slots=True, eq=False)
class _End:
    """One of the two sockets.

    Args:
        who: who is at its other end.
        socket: not blocking.
        finished: whether it has said all that it will.
        broken: whether it takes nothing more, or gave an error; what it said before may still be unread.
    """

    who: Sender
    socket: socket.socket
    finished: bool = False
    broken: bool = False


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
        self._client = client
        self._gateway = gateway
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[Sender | None] = self._loop.create_future()
        self.client_over = asyncio.Event()
        """Set when the client has ended its side, and the gateway was told so."""

    async def run(self) -> None:
        """Connect to the gateway, and pass on until the connection is over; cancelling closes both sides."""
        try:
            with self._client, socket.socket() as gateway:
                for end in (self._client, gateway):
                    _make_ready(end)
                if await self._connected(gateway):
                    await self._hold(_End(Sender.CLIENT, self._client), _End(Sender.GATEWAY, gateway))
        except BaseException:
            self._recorder.change(self._number, Change.CLOSED)
            raise
        finally:
            self.client_over.set()

    async def _connected(self, gateway: socket.socket) -> bool:
        try:
            await self._loop.sock_connect(gateway, self._gateway)
        except OSError as problem:
            self._recorder.change(self._number, Change.REFUSED, by=Sender.GATEWAY, reason=str(problem))
            _reset(self._client)
            return False
        self._recorder.change(self._number, Change.OPENED)
        return True

    async def _hold(self, client: _End, gateway: _End) -> None:
        async with asyncio.TaskGroup() as group:
            pumps = [group.create_task(self._pump(*ends)) for ends in ((client, gateway), (gateway, client))]
            broke = await self._over
            for pump in pumps:
                pump.cancel()
        if broke is None:
            self._recorder.change(self._number, Change.CLOSED)
            return
        self._recorder.change(self._number, Change.RESET, by=broke)
        _reset((gateway if broke is Sender.CLIENT else client).socket)

    async def _pump(self, source: _End, sink: _End) -> None:
        """Pass on what a side says until it ends, then pass on how it ended."""
        while data := await self._read(source):
            self._recorder.chunk(self._number, source.who, data)
            if not await self._write(source, sink, data):
                return
            await asyncio.sleep(0)  # neither the read nor the write has to have waited
        if source.broken:
            self._end(source.who)
            return
        self._half_close(source, sink)
        with self._looking_at(source):
            await self._over

    async def _read(self, source: _End) -> bytes:
        try:
            return await self._loop.sock_recv(source.socket, CHUNK)
        except OSError:
            source.broken = True
            return b""

    async def _write(self, source: _End, sink: _End, data: bytes) -> bool:
        """Write all, however long that takes; tell whether the sink took it.

        A sink that takes no more may have said something before. That is still passed on, by its own pump.
        """
        try:
            with self._looking_at(source):
                await self._loop.sock_sendall(sink.socket, data)
        except OSError:
            sink.broken = True
            self._loop.call_later(0 if sink.finished else LAST_WORDS_SECONDS, self._end, sink.who)
            return False
        return True

    def _half_close(self, source: _End, sink: _End) -> None:
        source.finished = True
        self._recorder.change(self._number, Change.HALF_CLOSED, by=source.who)
        with contextlib.suppress(OSError):  # it has gone meanwhile, as its own pump finds
            sink.socket.shutdown(socket.SHUT_WR)
        if source.who is Sender.CLIENT:
            self.client_over.set()
        if sink.finished:
            self._end(None)

    @contextlib.contextmanager
    def _looking_at(self, end: _End) -> Iterator[None]:
        """Notice a reset of a side that nobody reads meanwhile."""
        timers: list[asyncio.TimerHandle] = []

        def look() -> None:
            if end.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._end(end.who)
            else:
                timers[:] = [self._loop.call_later(LOOK_SECONDS, look)]

        timers.append(self._loop.call_later(LOOK_SECONDS, look))
        try:
            yield
        finally:
            timers[0].cancel()

    def _end(self, broke: Sender | None) -> None:
        """Bring the connection to its end, once: ``broke`` reset it, or both sides have said all."""
        if not self._over.done():
            self._over.set_result(broke)


def _make_ready(end: socket.socket) -> None:
    end.setblocking(False)
    with contextlib.suppress(OSError):  # macOS refuses it where the other side has gone, which reading tells
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):  # as above
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    end.close()
