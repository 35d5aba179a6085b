"""What becomes of a connection that is accepted and gets no session: closed, reset, ignored, forwarded to nobody.

Who speaks something else there is in ``harness.gateways.simulator.impostors``; ports that accept nothing are in
``ports``.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping

from harness.gateways.simulator import impostors
from harness.gateways.simulator.parting import CHUNK, listen, part, until_left
from harness.gateways.simulator.ports import bound
from harness.known.scenarios import Behaviour, Door
from harness.wire.errors import ProtocolError
from harness.wire.hello import HelloReader

log = logging.getLogger("ib_compat.simulator")

Keeper = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Behaviour], Awaitable[None]]
"""Has a connection until it returns; then it is closed. Not a byte is read until the keeper lets its transport read."""

_LINGER = struct.Struct("hh" if sys.platform == "win32" else "ii")


def keeper_of(door: Door) -> Keeper | None:
    """Return who keeps a door; ``None`` where the API is served."""
    return _KEEPERS.get(door)


async def _close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _behaviour: Behaviour) -> None:
    await part(reader, writer)


async def _reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _behaviour: Behaviour) -> None:
    """Close with a reset, whatever was sent and read: what lingers, lingers for no time."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.pack(1, 0))
    writer.transport.abort()


async def _ignore(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter, _behaviour: Behaviour) -> None:
    """Read nothing, so that not even the client's leaving is seen, until the gateway ends."""
    await asyncio.Event().wait()


async def _hear_out(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _behaviour: Behaviour) -> None:
    await until_left(reader, writer)


async def _close_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behaviour: Behaviour) -> None:
    if await _hears_hello(reader, writer):
        await _close(reader, writer, behaviour)


async def _reset_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behaviour: Behaviour) -> None:
    if await _hears_hello(reader, writer):
        await _reset(reader, writer, behaviour)


async def _hears_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Read until a hello is whole; tell whether there was one."""
    listen(writer)
    hello = HelloReader()
    try:
        while data := await reader.read(CHUNK):
            if hello.feed(data) is not None:
                return True
    except ProtocolError as problem:
        log.warning("closed: %s", problem)
    return False


async def _forward_to_nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _behaviour: Behaviour) -> None:
    with bound("127.0.0.1", 0) as nobody:
        host, port = nobody.getsockname()
        try:
            _, far = await asyncio.open_connection(host, port)
        except OSError as problem:
            log.info("cannot forward to %s:%d: %s", host, port, problem)
        else:
            far.close()
            raise AssertionError(f"somebody listens on {host}:{port}, which is held")
    await part(reader, writer)


_KEEPERS: Mapping[Door, Keeper] = {
    Door.CLOSES_AT_ONCE: _close,
    Door.RESETS_AT_ONCE: _reset,
    Door.DEAF: _ignore,
    Door.SILENT: _hear_out,
    Door.CLOSES_AFTER_HELLO: _close_after_hello,
    Door.RESETS_AFTER_HELLO: _reset_after_hello,
    Door.SPEAKS_TLS: impostors.tls,
    Door.SPEAKS_HTTP: impostors.http,
    Door.SPEAKS_SSH: impostors.ssh,
    Door.FORWARDS_TO_NOBODY: _forward_to_nobody,
}
