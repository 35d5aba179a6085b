"""Gateways that do one thing wrong: each is a few lines of a listening server."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from queue import Queue
from threading import Thread
from typing import Any

from tests.limits import PATIENCE

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]

HELLO = 18
"""Bytes of the control's hello: ``API``, NUL, a length and ``v100..9999``."""

TIME = "20261120 10:11:12 UTC"


def frame(*fields: object) -> bytes:
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


ACCOUNTS = frame(15, 1, "DU9000001,DU9000002,")
NEXT_ID = frame(9, 1, 101)


class Listener:
    """What a test needs to know of a listening server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open = 0
        self.served = 0
        self.idle = asyncio.Event()


@asynccontextmanager
async def listening(behaviour: Behaviour, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Listener]:
    """Serve every connection with a behaviour, then close it; on leaving, end what is left."""
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listener.open += 1
        listener.served += 1
        listener.idle.clear()
        task = asyncio.create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behaviour(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client is gone; a hello that announces less is shorter
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()
            listener.open -= 1
            if not listener.open:
                listener.idle.set()

    server = await asyncio.start_server(connected, host, port)
    listener = Listener(server.sockets[0].getsockname()[1])
    listener.idle.set()
    try:
        yield listener
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take everything, say nothing, until the client leaves."""
    while await reader.read(65536):
        pass


async def close_at_once(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Close without reading."""


async def close_after_hello(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Read the hello and close."""
    await reader.readexactly(HELLO)


def saying(*parts: bytes, start: bool = True, stay: bool = True) -> Behaviour:
    """Say the first part after the hello and the rest after START_API, then stay until the client leaves, or close."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(HELLO)
        for part in parts:
            writer.write(part)
            await writer.drain()
            if start and part is parts[0]:
                await reader.read(65536)
        if stay:
            await silence(reader, writer)

    return behave


@contextmanager
def beside(open_it: Callable[[], AbstractAsyncContextManager[Any]]) -> Iterator[int]:
    """Have what ``open_it`` gives beside a test that has a loop of its own; gives its ``port``."""
    ports: Queue[int] = Queue()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with open_it() as opened:
            ports.put(opened.port)
            await over.wait()

    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield ports.get(timeout=PATIENCE)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def listening_in_a_thread(behaviour: Behaviour) -> AbstractContextManager[int]:
    """Listen beside a test that has a loop of its own; gives the port."""
    return beside(lambda: listening(behaviour))


def has_ipv6() -> bool:
    """Tell whether one can listen at ``::1``."""
    try:
        with socket.socket(socket.AF_INET6) as own:
            own.bind(("::1", 0))
    except OSError:
        return False
    return True
