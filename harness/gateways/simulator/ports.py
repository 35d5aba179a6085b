"""Opens ports at which nothing is accepted.

An ``asyncio.Server`` accepts by itself. Bare sockets are used here, so that a connect gets only what the system does.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

from harness.known.scenarios import Behaviour, Door
from harness.shared.accepting import accepted
from harness.shared.errors import GatewayError

UNACCEPTED = frozenset({Door.REFUSES, Door.NEVER_ACCEPTS, Door.QUEUE_FULL})
"""The doors that never accept."""

Accept = Callable[[], asyncio.BaseProtocol]
"""Makes what takes a connection that was accepted."""

_QUEUE = struct.Struct("24x2I")
"""Fields of Linux's ``tcp_info`` of a listening socket: connections in the queue, and its limit (tcp(7))."""


@contextmanager
def bound(host: str, port: int, *, listens: bool = False) -> Iterator[socket.socket]:
    """Hold a port.

    Args:
        host: a name or an address of this machine.
        port: 0 takes a free one.
        listens: whether it will listen. Then it may be taken over from connections that linger, as every server does;
            else not even that, since two sockets that allow it may share a port at which neither listens.

    Raises:
        OSError: the port is in use, or may not be had.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as held:
        if listens and os.name == "posix":
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setblocking(False)
        held.bind(address)
        yield held


@asynccontextmanager
async def held(behaviour: Behaviour, host: str, port: int) -> AsyncIterator[socket.socket]:
    """Hold a port, listening unless the behaviour refuses, with a full queue if it says so; accept nothing.

    Raises:
        OSError: the port is in use, or may not be had.
        GatewayError: the queue is to be full, and this system does not let us.
    """
    refuses = behaviour.door is Door.REFUSES
    with ExitStack() as stack:
        holder = stack.enter_context(bound(host, port, listens=not refuses))
        if not refuses:
            holder.listen(behaviour.backlog)
        if behaviour.door is Door.QUEUE_FULL:
            await _fill(holder, stack)
        yield holder


@asynccontextmanager
async def accepting(listener: socket.socket, count: int, accept: Accept) -> AsyncIterator[None]:
    """Accept so many connections and no more, one after another; each is handed on as an asyncio server does."""
    task = asyncio.create_task(_accept(listener, count, accept))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


async def _accept(listener: socket.socket, count: int, accept: Accept) -> None:
    for _ in range(count):
        await asyncio.get_running_loop().connect_accepted_socket(accept, await accepted(listener))


async def _fill(listener: socket.socket, stack: ExitStack) -> None:
    """Connect until the queue is full. Linux then leaves connects unanswered; other systems refuse, or show nothing."""
    if sys.platform != "linux":
        raise GatewayError(
            f"queue-full needs Linux, and this is {sys.platform}",
            hint="never-accepts is the nearest that every system can play",
        )
    loop = asyncio.get_running_loop()
    waiting, most = _queue(listener)
    while waiting <= most:  # Linux takes one more than configured
        filler = stack.enter_context(socket.socket(listener.family, socket.SOCK_STREAM))
        filler.setblocking(False)
        await loop.sock_connect(filler, listener.getsockname())
        waiting, most = _queue(listener)


def _queue(listener: socket.socket) -> tuple[int, int]:
    """Return how many connections are in the queue, and its configured size."""
    waiting, most = _QUEUE.unpack(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _QUEUE.size))
    return waiting, most
