"""One attempt: connect as far as a client can get before it asks for anything."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from harness.control.address import Address, addresses_of
from harness.control.heard import EndedError, Heard, Try
from harness.evidence import Ended, ProbeRecord
from harness.protocol.errors import ProtocolError
from harness.protocol.hello import VersionReply
from harness.protocol.message import Message, Value
from harness.protocol.side import ClientSide

_CHUNK = 65536
_QUIET = 0.25
"""Seconds without a byte after which the gateway has said what it says at the start, such as that it lost IBKR."""

_LINGER = 1.5
"""Most seconds to listen to what comes after the next valid id."""


async def attempt(tried: Try) -> ProbeRecord:
    """Connect once and leave.

    Returns:
        What was seen; a gateway that fails is a record too, never an exception.
    """
    async with attempted(tried) as record:
        return record


@asynccontextmanager
async def attempted(tried: Try) -> AsyncIterator[ProbeRecord]:
    """Connect once, and stay connected, if that went well, until the context is left."""
    await asyncio.sleep(tried.pause)
    seen = Heard(tried)
    async with contextlib.AsyncExitStack() as stack:
        ended, reason = Ended.READY, None
        try:
            async with asyncio.timeout(tried.timeout):
                hear_more = await _connect(seen, stack)
            await _until_quiet(hear_more)
        except (OSError, UnicodeError, ProtocolError, EndedError) as problem:
            ended, reason = _ended(problem, seen), _in_words(problem, tried.timeout)
            await stack.aclose()
        yield seen.record(ended, reason)


def _ended(problem: Exception, seen: Heard) -> Ended:
    connected = "tcp" in seen.seconds
    match problem:
        case EndedError():
            return problem.ended
        case TimeoutError():
            return Ended.SILENT if connected else Ended.NO_ANSWER
        case ConnectionRefusedError():
            return Ended.REFUSED
        case socket.gaierror() | UnicodeError():
            return Ended.NO_NAME
        case OSError():
            return Ended.RESET if connected else Ended.UNREACHABLE
        case _:
            return Ended.FOREIGN


def _in_words(problem: Exception, timeout: float) -> str:
    match problem:
        case TimeoutError():
            return f"no answer within {timeout:g} s"
        case ConnectionRefusedError():
            return "connection refused: nothing listens there"
        case ConnectionResetError():
            return "the gateway reset the connection"
        case UnicodeError():
            return f"the host is no name: {problem}"
        case _:
            return str(problem) or type(problem).__name__


async def _connect(seen: Heard, stack: contextlib.AsyncExitStack) -> Callable[[], Awaitable[None]]:
    """Connect until the gateway is ready; return how to hear what it says then."""
    reader, writer = await _open(seen, stack)
    seen.reached("tcp")
    side = ClientSide(seen.tried.announced)
    writer.write(side.greet())
    hear_more = partial(_read, seen, side, reader, writer)
    while not seen.ready:
        await hear_more()
    seen.reached("ready")
    return hear_more


async def _until_quiet(hear_more: Callable[[], Awaitable[None]]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER):
            while True:
                async with asyncio.timeout(_QUIET):
                    await hear_more()


async def _read(seen: Heard, side: ClientSide, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    data = await reader.read(_CHUNK)
    if not data:
        raise EndedError(Ended.CLOSED, "the gateway closed the connection")
    seen.took(data)
    for heard in side.receive(data):
        seen.take(heard)
        if isinstance(heard, VersionReply):
            writer.write(side.send(_start(seen.tried)))


def _start(tried: Try) -> Message:
    values: dict[str, Value] = {"client_id": tried.client_id}
    if tried.capabilities:
        values["optional_capabilities"] = tried.capabilities
    return Message("start_api", values)


async def _open(seen: Heard, stack: contextlib.AsyncExitStack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first of the host's addresses that takes it."""
    problems: list[OSError] = []
    for address in await addresses_of(seen.tried.host, seen.tried.port):
        seen.address = address
        try:
            return await stack.enter_async_context(_connection(address))
        except OSError as problem:
            problems.append(problem)
            seen.passed_over.append(address[0])
    raise problems[0] if problems else OSError("the host has no address")


@asynccontextmanager
async def _connection(address: Address) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):  # it may have broken off first
            await writer.wait_closed()
