"""Servers in a gateway's place, each with one way to take all the memory or time of who listens to it."""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import Callable, Mapping

from tests.diagnose.control.listeners import ACCOUNTS, NEXT_ID, TIME, Behaviour, frame, listening, silence

VERSION = frame(176, TIME)
NOTICE = frame(4, 2, -1, 2104, "Market data farm connection is OK:usfarm", "")
MANY, MILLIONS = 20_000, 1_500_000
GIANT = 0xFF_FFFF
"""Bytes of the longest frame that a client of this API takes."""

_READ = 65536
_DRIP = 0.002
"""Seconds from byte to byte."""


def account_list(count: int) -> bytes:
    """Return a list of so many accounts."""
    return frame(15, 1, ",".join(f"DU{9_000_000 + number}" for number in range(count)))


async def _greeted(reader: asyncio.StreamReader) -> None:
    """Read the hello, whatever it announces."""
    await reader.readexactly(4)
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    await reader.readexactly(length)


def starting(*, then: bytes = b"", for_ever: bytes = b"") -> Behaviour:
    """Answer the hello, wait for START_API, say ``then`` once and ``for_ever`` for ever."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _greeted(reader)
        writer.write(VERSION)
        await reader.read(_READ)
        writer.write(then)
        await writer.drain()
        while for_ever:
            writer.write(for_ever)
            await writer.drain()
        await silence(reader, writer)

    return behave


async def to_libraries(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be a gateway that starts anybody, and sends notices for ever to all but the control."""
    await _greeted(reader)
    writer.write(VERSION)
    started = await reader.read(_READ)
    writer.write(ACCOUNTS + NEXT_ID)
    await writer.drain()
    while int(started.split(b"\0")[5]) not in CONTROL:
        writer.write(NOTICE * 1000)
        await writer.drain()
    await silence(reader, writer)


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say, byte by byte, a notice for ever after the version."""
    await _greeted(reader)
    writer.write(VERSION)
    await reader.read(_READ)
    while True:
        for byte in NOTICE:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(_DRIP)


async def half_a_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say half of the version reply, and nothing more."""
    await _greeted(reader)
    writer.write(VERSION[: len(VERSION) // 2])
    await silence(reader, writer)


CONTROL = range(7390, 7500)
"""Its client ids in these tests: the last of a run's, and the doctor's."""

SERVERS: Mapping[str, Callable[[], Behaviour]] = {
    "notices before ready": lambda: starting(for_ever=NOTICE * 1000),
    "notices after ready": lambda: starting(then=ACCOUNTS + NEXT_ID, for_ever=NOTICE * 1000),
    "20,000 accounts": lambda: starting(then=account_list(MANY) + NEXT_ID),
    "1.5 million accounts": lambda: starting(then=account_list(MILLIONS) + NEXT_ID),
    "one byte at a time": lambda: trickle,
    "a giant frame": lambda: starting(then=struct.pack(">I", GIANT), for_ever=b"15\0001\0" + b"x" * _READ),
    "half a hello": lambda: half_a_hello,
    "notices to libraries": lambda: to_libraries,
}


async def serve(name: str) -> None:
    """Serve until this is killed; the port is told on a line of its own."""
    async with listening(SERVERS[name]()) as listener:
        sys.stdout.write(f"{listener.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
