"""Reading or not, and how a connection is ended so that the client sees what was meant."""

from __future__ import annotations

import asyncio
from typing import cast

CHUNK = 65536


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


async def part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the end and hear the client out: who closes on unread bytes resets the connection (RFC 2525, 2.17).

    Raises:
        OSError: the client broke off.
    """
    writer.write_eof()
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
    """Return the transport as what a socket's is; the writer's type tells half of it."""
    return cast("asyncio.Transport", writer.transport)
