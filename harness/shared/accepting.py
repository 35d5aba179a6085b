"""Accepts connections so that none is lost when the waiting for it is cancelled. Standard library only."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket


async def accepted(listener: socket.socket) -> socket.socket:
    """Return the next connection at a listening socket; neither of them blocks.

    ``loop.sock_accept`` accepts, and resumes later who awaits it. If that was cancelled meanwhile, nobody has the
    connection, and nobody closes it. So this waits, which may be cancelled, and then accepts at once; not on Windows,
    whose loop cannot wait for a socket.

    Raises:
        OSError: nothing can be accepted, as with too many open files.
    """
    if sys.platform == "win32":
        return (await asyncio.get_running_loop().sock_accept(listener))[0]
    while True:
        await readable(listener)
        with suppress(BlockingIOError):  # who came has left again
            connection, _ = listener.accept()
            connection.setblocking(False)
            return connection


async def readable(waited_for: socket.socket) -> None:
    """Wait until there is something to read or to accept; not on Windows."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(waited_for, came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(waited_for)
