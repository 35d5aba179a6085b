"""A client and a gateway with a tap between them, all in one loop: bare sockets, so that every end can be seen."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Limits
from harness.run.tap.rein import Rein
from harness.wire.message import Sender
from harness.wire.transcript import Chunk, Event, LeftOut, Leg, Passed, Transcript

SECONDS = 20
"""After which a test that waits has failed."""


def run(test: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    async def in_time() -> Any:
        async with asyncio.timeout(SECONDS):
            return await test()

    return asyncio.run(in_time())


@dataclass
class Peer:
    """One side of a connection."""

    socket: socket.socket

    async def say(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def hear(self, most: int = 65536) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.socket, most)

    async def hear_all(self) -> bytes:
        """Hear until the other side has said all."""
        heard = bytearray()
        while data := await self.hear():
            heard += data
        return bytes(heard)

    def end(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def leave(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()


@dataclass
class Talk:
    """A connection through a tap."""

    tap: Tap
    client: Peer
    gateway: Peer

    def side(self, sender: Sender) -> Peer:
        return self.client if sender is Sender.CLIENT else self.gateway

    def other(self, sender: Sender) -> Peer:
        return self.gateway if sender is Sender.CLIENT else self.client


class Gateway:
    """A listening socket with a tap before it."""

    def __init__(self, tap: Tap, listener: socket.socket) -> None:
        self.tap = tap
        self._listener = listener
        self._opened: list[socket.socket] = []

    async def connect(self) -> Talk:
        """Connect one client more."""
        loop = asyncio.get_running_loop()
        client = socket.socket()
        self._opened.append(client)
        client.setblocking(False)
        await loop.sock_connect(client, self.tap.address)
        gateway, _ = await loop.sock_accept(self._listener)
        self._opened.append(gateway)
        return Talk(self.tap, Peer(client), Peer(gateway))

    def close(self) -> None:
        for each in (self._listener, *self._opened):
            each.close()


@asynccontextmanager
async def tapped(limits: Limits | None = None, rein: Rein | None = None) -> AsyncIterator[Gateway]:
    """Put a tap before a gateway; when the tap has gone, the sockets of both sides are still open."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.setblocking(False)
    tap = Tap(*listener.getsockname(), limits=limits, rein=rein)
    gateway = Gateway(tap, listener)
    try:
        async with tap:
            yield gateway
    finally:
        gateway.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until the condition holds."""
    while not condition():  # noqa: ASYNC110 - a transcript tells nobody that it has grown
        await asyncio.sleep(0)


def told(transcript: Transcript) -> list[tuple[object, ...]]:
    """The entries without their times, as short as can be."""
    lines: list[tuple[object, ...]] = []
    for entry in transcript.entries:
        match entry:
            case Chunk():
                lines.append((entry.connection, entry.sender.value, entry.data))
            case LeftOut():
                lines.append((entry.connection, entry.sender.value, entry.count))
            case Passed():
                lines.append((entry.connection, entry.kind, entry.count))
            case Leg():
                lines.append((entry.connection, entry.to.value, entry.lost))
            case Event():
                by = () if entry.by is None else (entry.by.value,)
                lines.append((entry.connection, entry.change.value, *by))
    return lines


async def fill(talk: Talk, side: Sender) -> None:
    """Say so much that the tap stops reading, since the other side does not hear it."""
    seen = -1
    while seen != len(talk.tap.transcript.entries):
        seen = len(talk.tap.transcript.entries)
        for _ in range(100):
            with suppress(BlockingIOError):
                talk.side(side).socket.send(bytes(65536))
            await asyncio.sleep(0)
