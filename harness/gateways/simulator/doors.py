"""Handles connections that are accepted but get no session: closed, reset, ignored, or forwarded to nobody.

Servers of TLS, HTTP and SSH are here, too, as far as a client of the API gets with them. Ports that accept nothing are
in ``ports``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from harness.gateways.simulator.ports import bound
from harness.known.scenarios import Behaviour, Door
from harness.wire.hello import HelloReader
from harness.wire.wire_errors import ProtocolError

CHUNK = 65536

MAY_LEAVE = 2.0
"""Seconds in which a client that is sent away may leave by itself."""


def be_deaf(writer: asyncio.StreamWriter) -> None:
    """Read nothing from the system; called before a connection's first turn, not one byte."""
    transport = _transport(writer)
    transport.pause_reading()
    asyncio.get_running_loop().call_soon(_stay_deaf, transport)


def _stay_deaf(transport: asyncio.Transport) -> None:
    """Pause once more: Python 3.11.2, which is Debian's, begins to read after a connection's first turn."""
    if not transport.is_closing() and not transport.is_reading():
        transport.resume_reading()
        transport.pause_reading()


def listen(writer: asyncio.StreamWriter) -> None:
    """Read again."""
    _transport(writer).resume_reading()


async def part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, within: float | None = None) -> None:
    """Send the end and read the client's rest: closing with unread bytes resets the connection (RFC 2525, 2.17).

    Args:
        reader: the way from the client.
        writer: the way to it.
        within: seconds in which it may leave; without end by default.

    Raises:
        OSError: the client broke off.
    """
    writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            await until_left(reader, writer)


async def until_left(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read everything, keep nothing, until the client has sent its end.

    Raises:
        OSError: the client broke off.
    """
    listen(writer)
    while await reader.read(CHUNK):
        pass


def _transport(writer: asyncio.StreamWriter) -> asyncio.Transport:
    """Return the transport with a socket transport's full type, of which the writer's type has only half."""
    return cast("asyncio.Transport", writer.transport)


_PAGE = b"<html><head><title>400 Bad Request</title></head><body><h1>Bad Request</h1></body></html>\r\n"
_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_PAGE), _PAGE)
)


async def tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behaviour: Behaviour) -> None:
    """Be OpenSSL without a certificate: it has nothing to agree on, and says so with an alert.

    OpenSSL 3.0 does not answer bytes that are not TLS; then the behaviour's alert is sent, as other servers do.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_bio(incoming, outgoing, server_side=True)
    listen(writer)
    while data := await reader.read(CHUNK):
        incoming.write(data)
        if not _wants_more(server):
            writer.write(outgoing.read() or bytes.fromhex(behaviour.tls_alert))
            await part(reader, writer)
            return
        writer.write(outgoing.read())


def _wants_more(server: ssl.SSLObject) -> bool:
    """Continue the handshake; return whether it waits for the client, otherwise it has failed."""
    try:
        server.do_handshake()
    except ssl.SSLWantReadError:
        return True
    except ssl.SSLError:  # what there is to say of it is in the alert
        return False
    raise AssertionError("a TLS handshake without a certificate came to an end")


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _behaviour: Behaviour) -> None:
    """Answer whatever comes with 400."""
    listen(writer)
    if await reader.read(CHUNK):
        writer.write(_BAD_REQUEST)
        await part(reader, writer)


async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behaviour: Behaviour) -> None:
    """Send the banner at once (RFC 4253, 4.2), wait for the client's, and close on anything else."""
    writer.write(f"{behaviour.banner}\r\n".encode())
    listen(writer)
    if (await reader.read(CHUNK)).startswith(b"SSH-"):
        await until_left(reader, writer)
    else:
        await part(reader, writer)


log = logging.getLogger("ib_compat.simulator")

Keeper = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Behaviour], Awaitable[None]]
"""Has a connection until it returns; then it is closed. Not a byte is read until the keeper lets its transport read."""

_LINGER = struct.Struct("hh" if sys.platform == "win32" else "ii")


def keeper_of(door: Door) -> Keeper | None:
    """Return who keeps a door; ``None`` if the API is served."""
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
    """Read until a hello is complete; return whether there was one."""
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
    Door.SPEAKS_TLS: tls,
    Door.SPEAKS_HTTP: http,
    Door.SPEAKS_SSH: ssh,
    Door.FORWARDS_TO_NOBODY: _forward_to_nobody,
}
