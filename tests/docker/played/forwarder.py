"""The forwarder: socat, which accepts from the first second on, whether or not a Gateway listens behind it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from tests.docker.played.console import complain, say

_CHUNK = 65536
_LINGER = 0.5
"""Seconds that socat keeps the other direction open when one has ended."""


@asynccontextmanager
async def forwarding(published: int, port: int, mode: str) -> AsyncIterator[None]:
    """Forward what comes to a published port to the loopback address, for as long as the context lasts."""
    say(f"Forking :::{port} onto 0.0.0.0:{published} > trading mode {mode} ")
    connections: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_forward(reader, writer, port))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accepted, "0.0.0.0", published)  # noqa: S104  # as in the real image
    try:
        yield
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Connect one client through, or drop it where nobody listens."""
    try:
        answers, questions = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        now = datetime.now().astimezone()
        complain(
            f"{now:%Y/%m/%d %H:%M:%S} socat[{os.getpid()}] E connect(5, AF=2 127.0.0.1:{port}, 16): Connection refused"
        )
        writer.close()
        return
    directions = {asyncio.create_task(_pump(reader, questions)), asyncio.create_task(_pump(answers, writer))}
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(directions, timeout=_LINGER)
    finally:
        for task in directions:
            task.cancel()
        writer.close()
        questions.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on all that comes, and the end of it; where either side breaks off, stop."""
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
