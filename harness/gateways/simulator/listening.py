"""Opens the port of a simulated gateway, shuts it for a time, and opens it again.

While it is shut, the port is held and refuses: no other program can take it meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack

from harness.gateways.simulator import ports
from harness.known.scenarios import Behaviour
from harness.shared.errors import GatewayError

log = logging.getLogger("ib_compat.simulator")


def streams(connected: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]) -> ports.Accept:
    """Let a connection be taken as two streams, as `asyncio.start_server` does."""
    return lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(), connected)


class Listener:
    """One port.

    Args:
        name: whose it is, for what is said of it.
        host: the address to listen on.
        port: 0 takes a free one.
        behaviour: how the gateway differs from an ordinary one.
        accept: makes what takes each connection.
    """

    def __init__(self, name: str, host: str, port: int, behaviour: Behaviour, accept: ports.Accept) -> None:
        self._name = name
        self._host = host
        self.port = port
        self._behaviour = behaviour
        self._accept = accept
        self._stack = AsyncExitStack()
        self.is_shut = False
        """Whether nobody can connect, until it is open again."""
        self.refuses = False
        """Whether a connection that was accepted before it was shut comes too late."""

    @property
    def can_be_shut(self) -> bool:
        """Whether it listens in the ordinary way."""
        return self._behaviour.door not in ports.UNACCEPTED and self._behaviour.wedges_after is None

    async def open(self) -> None:
        """Open the port, also after it was shut.

        Raises:
            GatewayError: it is in use, or may not be opened.
        """
        await self._stack.aclose()
        self.refuses = False
        try:
            self.port = await self._open()
        except OSError as problem:
            where = f"{self._name} cannot listen on {self._host}:{self.port}"
            raise _cannot_listen(where, problem) from problem
        self.is_shut = False

    async def shut(self) -> None:
        """Refuse connections, and hold the port."""
        await self.close()
        self._stack.enter_context(ports.bound(self._host, self.port, listens=True))

    async def close(self) -> None:
        """Let go of the port."""
        self.is_shut = self.refuses = True
        await self._stack.aclose()

    async def _open(self) -> int:
        """Open the port, and return its number; the stack closes it."""
        behaviour = self._behaviour
        if self.can_be_shut:
            server = await self._serving(self._host, self.port)
            self._stack.push_async_callback(_closed, server)
            port = _number(server.sockets[0])
            if behaviour.ipv6:
                await self._open_ipv6(port)
            return port
        opened = await self._stack.enter_async_context(ports.held(behaviour, self._host, self.port))
        if behaviour.door not in ports.UNACCEPTED and behaviour.wedges_after is not None:
            await self._stack.enter_async_context(ports.accepting(opened, behaviour.wedges_after, self._accept))
        return _number(opened)

    async def _serving(self, host: str, port: int) -> asyncio.Server:
        """Return a server that listens. If this is cancelled meanwhile, no socket is left open."""
        loop, backlog = asyncio.get_running_loop(), self._behaviour.backlog
        server = await loop.create_server(self._accept, host, port, backlog=backlog, start_serving=False)
        try:
            await server.start_serving()
        except BaseException:
            server.close()
            raise
        return server

    async def _open_ipv6(self, port: int) -> None:
        """Also listen at the other loopback address, if there is one."""
        try:
            server = await self._serving("::1", port)
        except OSError as problem:
            log.warning("%s does not listen at ::1: %s", self._name, problem)
            return
        self._stack.push_async_callback(_closed, server)


async def _closed(server: asyncio.Server) -> None:
    """Close a server, and lose no connection that was just accepted.

    asyncio makes the way of a connection one turn of the loop after it accepted it. If the server has closed by then,
    that fails without a word, and nobody closes the socket, so its client waits for ever (seen on Python 3.10 to 3.13).
    """
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows' loop accepts otherwise
        for each in server.sockets:
            loop.remove_reader(each.fileno())
    try:
        await asyncio.sleep(0)
    finally:  # also if who closes it is cancelled
        server.close()


def _number(opened: socket.socket) -> int:
    port: int = opened.getsockname()[1]
    return port


def _cannot_listen(what: str, problem: OSError) -> GatewayError:
    match problem.errno:
        case errno.EADDRINUSE:
            why = "the port is in use"
            hint = "another program has it (a real Gateway?): stop that, choose another port, or 0 for a free one"
        case errno.EACCES | errno.EPERM:
            why = "the system does not allow that port"
            hint = "choose one above 1023, or 0 for a free one"
        case _:
            why = problem.strerror or str(problem)
            hint = "the host must be an address of this machine, such as 127.0.0.1"
    return GatewayError(f"{what}: {why}", hint=hint)
