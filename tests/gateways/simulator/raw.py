"""A client of bytes alone, and what the system knows of the sockets at a port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import psutil

from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import Behaviour
from harness.wire.hello import Hello
from tests.gateways.simulator.talk import simulated

HELLO = Hello(min_version=100, max_version=178).encode()
START_API = b"\0\0\0\x08" + b"71\0" + b"2\0" + b"7\0" + b"\0"

MUCH = bytes(1 << 24)
"""More than the buffers between two sockets hold."""

FIN, RST = "FIN", "RST"
_TURNS = 20
_PROC = Path("/proc/net/tcp")


class Raw:
    """One connection, made before the loop turns again: nobody has accepted it yet."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    async def send(self, data: bytes = HELLO) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def read(self, count: int) -> bytes:
        """Read so many bytes, or up to the end."""
        data = b""
        while len(data) < count and (piece := await self._piece(count - len(data))):
            data += piece
        return data

    async def rest(self) -> tuple[bytes, str]:
        """Read up to the end; return what came, and how it ended."""
        data = b""
        try:
            while piece := await self._piece(65536):
                data += piece
        except ConnectionResetError:
            return data, RST
        return data, FIN

    async def frame(self) -> bytes:
        """Read a frame; return what it holds."""
        return await self.read(int.from_bytes(await self.read(4), "big"))

    async def leave(self) -> tuple[bytes, str]:
        """Send the end; return what comes up to the gateway's."""
        self.socket.shutdown(socket.SHUT_WR)
        return await self.rest()

    async def hears_nothing(self) -> bool:
        """Let the gateway, which has its turns in the same loop, do what it does; tell whether it said nothing."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        return False

    async def _piece(self, most: int) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.socket, most)


@asynccontextmanager
async def playing(scenario: str, **behaviour: object) -> AsyncIterator[SimulatedGateway]:
    """A gateway that plays a scenario, with keys laid over it."""
    async with simulated("10.45", scenario=scenario, behaviour=Behaviour.model_validate(behaviour)) as gateway:
        yield gateway


def ours_at(port: int) -> list[str]:
    """The states of this process's sockets at a port, but for clients' ends; who waits in a queue is nobody's yet."""
    found = psutil.Process().net_connections("tcp")
    return sorted(each.status for each in found if each.laddr.port == port)


def unread(port: int) -> int:
    """Bytes that wait to be read at a gateway's end of connections (Linux)."""
    return sum(queue for local, queue in _queues() if local == port)


def _queues() -> Iterator[tuple[int, int]]:
    for line in _PROC.read_text("ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] != "0A":  # of a listening socket it is the length of its queue
            yield int(fields[1].rpartition(":")[2], 16), int(fields[4].rpartition(":")[2], 16)


async def until(condition: Callable[[], object]) -> None:
    """Look every now and then until the condition holds: it is the system's, so no turn of the loop brings it about."""
    while not condition():  # noqa: ASYNC110  # the system has no event to wait for
        await asyncio.sleep(0.005)
