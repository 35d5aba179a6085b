"""Passes bytes between a library and a gateway, as they come, and writes them down.

What one side does the other sees: the end of one direction is passed on while the other goes on, a reset is a reset,
and who does not read is not sent more. Pieces stay pieces: IBKR's own client hangs where the version reply is split.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
from types import TracebackType
from typing import Self, cast

from harness.tap.transcript import From, Transcript

_RESET = struct.pack("ii", 1, 0)
"""A socket that lingers for no time at all is reset when it is closed."""


class Tap:
    """An asynchronous context manager: listens on a port of its own inside, is gone without a trace outside.

    Args:
        gateway: host and port that every connection is passed on to.
    """

    def __init__(self, gateway: tuple[str, int]) -> None:
        self.transcript = Transcript(gateway)
        self.address = ("127.0.0.1", 0)
        self._server: asyncio.Server | None = None
        self._numbers = itertools.count(1)
        self._ends: set[_End] = set()
        self._connecting: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._client_end, *self.address)
        self.address = self._server.sockets[0].getsockname()[:2]
        self.transcript.tap = self.address
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._connecting:
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        gone = [end.gone for end in self._ends]
        for end in list(self._ends):
            end.abort()
        if gone:
            await asyncio.wait(gone)

    def _client_end(self) -> asyncio.Protocol:
        end = _End(self, next(self._numbers), From.CLIENT)
        self._ends.add(end)
        return end

    def reach(self, client: _End) -> None:
        """Connect to the gateway on behalf of a client that has just come."""
        task = asyncio.create_task(self._reach(client))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _reach(self, client: _End) -> None:
        gateway = _End(self, client.number, From.GATEWAY)
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: gateway, *self.transcript.gateway)
        except OSError:
            self.transcript.note(client.number, From.GATEWAY, "refused")
            client.abort()
            return
        self._ends.add(gateway)
        client.join(gateway)

    def forget(self, end: _End) -> None:
        """Take note that an end is gone."""
        self._ends.discard(end)


class _End(asyncio.Protocol):
    """One end of a connection; its ``peer`` is the other."""

    def __init__(self, tap: Tap, number: int, side: From) -> None:
        self.number = number
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tap = tap
        self._side = side
        self.peer: _End | None = None
        self.ended = False
        self._transport: asyncio.Transport | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """The connected transport."""
        assert self._transport is not None  # noqa: S101 - asyncio connects before anything else
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the other end before reading."""
        self._transport = cast("asyncio.Transport", transport)
        if self._side is From.CLIENT:
            self._tap.transcript.note(self.number, self._side, "opened")
            self._transport.pause_reading()
            self._tap.reach(self)

    def join(self, gateway: _End) -> None:
        """Let bytes pass, now that both ends are there; a client that has gone meanwhile takes the gateway with it."""
        self.peer, gateway.peer = gateway, self
        if self.gone.done():
            gateway.abort()
        else:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Write the bytes down and pass them on."""
        self._tap.transcript.take(self.number, self._side, data)
        if self.peer is not None:
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        """Pass the end of this direction on; the other one goes on until it ends, too."""
        self.ended = True
        self._tap.transcript.note(self.number, self._side, "ended")
        if self.peer is None:
            return False
        if self.peer.ended:
            self.peer.transport.close()
            return False
        with contextlib.suppress(OSError):  # it may have been reset at the same moment
            self.peer.transport.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """End the other end in the same way."""
        self._tap.forget(self)
        if exc is not None:
            self._tap.transcript.note(self.number, self._side, "reset")
        if self.peer is not None and not self.peer.gone.done():
            if exc is not None:
                self.peer.abort()
            else:
                self.peer.transport.close()
        if not self.gone.done():
            self.gone.set_result(None)

    def pause_writing(self) -> None:
        """Stop reading from the other end: this one cannot take more."""
        if self.peer is not None:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read from the other end again."""
        if self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.resume_reading()

    def abort(self) -> None:
        """Reset this end."""
        if self._transport is None:
            return
        opened = self._transport.get_extra_info("socket")
        if opened is not None and opened.fileno() >= 0:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()
