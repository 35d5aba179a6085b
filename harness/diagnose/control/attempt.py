"""Makes one attempt of the reference client: connects until the gateway is ready, and sends requests if wanted.

A client that hangs up before it was answered may leave something behind: a Gateway was seen to keep such connections
forever, and to answer nobody after a few of them. So an attempt can stay open: it is examined after some time, and
continues to wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from harness.diagnose.control.attempt_state import LONGEST_FRAME, EndedError, Heard, Try
from harness.diagnose.control.attention import Attention
from harness.diagnose.control.first_requests import Asking
from harness.diagnose.host import leave, remember
from harness.shared.evidence import Answer, Ended, ProbeRecord
from harness.shared.hosts import Address, addresses_of, own_end
from harness.wire.hello import VersionReply
from harness.wire.message import Message, UnknownMessage, Value
from harness.wire.side import ClientSide
from harness.wire.wire_errors import FrameTooLongError, ProtocolError

_CHUNK = 65536
_QUIET = 0.25
"""Seconds without a byte after which the gateway has sent its first notices, such as a lost connection to IBKR."""

_LINGER = 1.5
"""The most seconds to listen after the next valid id came."""

_ENOUGH = 0.9
"""The share of a waiting time in which our loop must have run, so that silence counts as the gateway's."""


_SETTINGS = 1.0
"""Seconds to wait for the settings: a gateway that reports them does so at once."""


async def attempt(tried: Try) -> ProbeRecord:
    """Connect once, and disconnect.

    Returns:
        What was seen. A gateway that fails gives a record, too, never an exception.
    """
    async with attempted(tried) as record:
        return record


@asynccontextmanager
async def attempted(tried: Try) -> AsyncIterator[ProbeRecord]:
    """Connect once and yield what was seen. If the attempt passed, the connection stays open until the context ends."""
    async with Standing(tried) as standing:
        record = await standing.look()
        if not record.passed:
            await standing.leave()
        yield record


class Standing:
    """A connection that stays open as long as its context, answered or not, unless the gateway ends it.

    Args:
        tried: how to connect; its ``timeout`` is for one look.
    """

    def __init__(self, tried: Try) -> None:
        self._tried = tried
        self._seen = Heard(tried)
        self._settled, self._quiet, self._over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._ended, self._reason = Ended.READY, ""
        self._asked, self._starved = 0.0, False
        self._task: asyncio.Task[None] | None = None
        self._attention: Attention
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        await asyncio.sleep(self._tried.pause)
        self._attention = await self._stack.enter_async_context(Attention())
        self._seen.clock, self._seen.started = self._attention.now, self._attention.now()
        self._task = asyncio.create_task(self._stand())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Hang up, and wait until that is done."""
        if self._task is not None:
            self._over.set()
            if not self._settled.is_set():
                self._task.cancel()
                self._write_down()
            await asyncio.wait([self._task])
        await self._stack.aclose()

    def _write_down(self) -> None:
        """Write down for later looks that this connection was left unanswered."""
        if self._seen.source is not None and self._seen.address is not None:
            leave(self._seen.source, self._seen.address)

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return self._seen.now()

    async def look(self, seconds: float | None = None, *, when: str | None = None) -> ProbeRecord:
        """Wait until it is ready or over, and return what was seen until then.

        Args:
            seconds: the most seconds to wait, not counting time in which our own loop stands still [default: the
                timeout of the try]
            when: the name of the record [default: that of the try]

        Returns:
            What was seen, also if nothing came in time.
        """
        patience = self._tried.timeout if seconds is None else seconds
        self._asked += patience
        if not self._settled.is_set() and not await self._attention.within(patience, self._settled.wait()):
            self._starved = self._attention.now() < _ENOUGH * self._asked
            waited = f"no answer within {round(self._seen.now(), 1) if when else patience:g} s"
            return self._record(Ended.SILENT if self._seen.connected else Ended.NO_ANSWER, waited, when)
        await self._quiet.wait()
        return self._record(self._ended, self._reason or None, when)

    def _record(self, ended: Ended, reason: str | None, when: str | None) -> ProbeRecord:
        record = replace(self._seen.record(ended, reason), lag=self._attention.lag, starved=self._starved)
        return replace(record, when=when) if when else record

    async def _stand(self) -> None:
        async with contextlib.AsyncExitStack() as stack:
            try:
                wire = await _connect(self._seen, stack)
                self._settled.set()
                await _until_quiet(wire.hear_more, self._attention)
                await _ask(self._seen, wire, self._attention)
            except (OSError, UnicodeError, ProtocolError, EndedError) as problem:
                self._ended, self._reason = _ended(problem, self._seen), _in_words(problem)
                await stack.aclose()
            finally:
                self._settled.set()
                self._quiet.set()
            await self._over.wait()


def _ended(problem: Exception, seen: Heard) -> Ended:
    match problem:
        case EndedError():
            return problem.ended
        case TimeoutError():  # the system's own, which gave up before we did
            return Ended.RESET if seen.connected else Ended.NO_ANSWER
        case ConnectionRefusedError():
            return Ended.REFUSED
        case socket.gaierror() | UnicodeError():
            return Ended.NO_NAME
        case OSError():
            return Ended.RESET if seen.connected else Ended.UNREACHABLE
        case _:
            return Ended.FOREIGN


def _in_words(problem: Exception) -> str:
    match problem:
        case ConnectionRefusedError():
            return "connection refused: nothing listens there"
        case ConnectionResetError():
            return "the gateway reset the connection"
        case UnicodeError():
            return f"the host name is invalid: {problem}"
        case _:
            return str(problem) or type(problem).__name__


@dataclass(frozen=True, slots=True)
class _Wire:
    """A connection on which the gateway is ready."""

    side: ClientSide
    writer: asyncio.StreamWriter
    hear_more: Callable[[], Coroutine[Any, Any, None]]

    async def send(self, tried: Try, messages: Iterable[Message]) -> None:
        told = list(messages)
        await tried.may_send(len(told))
        self.writer.write(b"".join(map(self.side.send, told)))


async def _connect(seen: Heard, stack: contextlib.AsyncExitStack) -> _Wire:
    """Connect until the gateway is ready."""
    reader, writer = await _open(seen, stack)
    seen.source = own_end(writer)
    seen.reached("tcp")
    side = ClientSide(seen.tried.announced, longest=LONGEST_FRAME)
    await seen.tried.may_send(1)
    writer.write(side.greet())
    hear_more = partial(_read, seen, side, reader, writer)
    while not seen.ready:
        await hear_more()
    seen.reached("ready")
    return _Wire(side, writer, hear_more)


async def _until_quiet(hear_more: Callable[[], Coroutine[Any, Any, None]], attention: Attention) -> None:
    until = attention.now() + _LINGER
    while await attention.within(min(_QUIET, until - attention.now()), hear_more()):
        pass


async def _ask(seen: Heard, wire: _Wire, attention: Attention) -> None:
    """Request what libraries request before they report that they are connected, if wanted and allowed."""
    if (asks := seen.tried.asks) is None:
        return
    seen.unasked = asks.why_not(seen.accounts)
    asking = Asking(seen.accounts, seen.server_version or 0, reads=seen.unasked is None)
    seen.asking, wire.side.heeds = asking, asking.heeded
    try:
        await wire.send(seen.tried, asking.requests)
        began = attention.now()
        if not await attention.within(_SETTINGS, _until(lambda: asking.answered and asking.told, wire.hear_more)):
            await attention.within(asks.timeout - _SETTINGS, _until(lambda: asking.answered, wire.hear_more))
        if not asking.answered and attention.now() - began < _ENOUGH * asks.timeout:
            seen.otherwise = Answer.UNREAD  # we did not get to listen
        await wire.send(seen.tried, asking.cancels)
    except EndedError as problem:
        if problem.ended is Ended.ENDLESS:
            raise
        seen.otherwise = Answer.ENDED
    except OSError:
        seen.otherwise = Answer.ENDED
    except ProtocolError:
        seen.otherwise = Answer.UNREAD


async def _until(condition: Callable[[], bool], hear_more: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while not condition():
        await hear_more()


async def _read(seen: Heard, side: ClientSide, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read once from the connection, and take in what came.

    Raises:
        EndedError: the gateway has ended the connection, or sends too much.
        ProtocolError: the bytes that came cannot be decoded.
    """
    data = await reader.read(_CHUNK)
    if not data:
        raise EndedError(Ended.CLOSED, "the gateway closed the connection")
    seen.took(data)
    for heard in _messages(seen, side, data):
        seen.take(heard)
        if seen.asking is not None and isinstance(heard, Message):
            seen.asking.take(heard)
        if isinstance(heard, VersionReply):
            await seen.tried.may_send(1)
            writer.write(side.send(_start(seen.tried)))


def _messages(seen: Heard, side: ClientSide, data: bytes) -> Iterator[VersionReply | Message | UnknownMessage]:
    try:
        yield from side.receive(data)
    except FrameTooLongError as problem:
        if seen.server_version is None:  # who speaks something else may begin like that
            raise
        raise EndedError(Ended.ENDLESS, problem.reason) from problem


def _start(tried: Try) -> Message:
    values: dict[str, Value] = {"client_id": tried.client_id}
    if tried.capabilities:
        values["optional_capabilities"] = tried.capabilities
    return Message("start_api", values)


async def _open(seen: Heard, stack: contextlib.AsyncExitStack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first of the host's addresses that accepts."""
    problems: list[OSError] = []
    for address in await addresses_of(seen.tried.host, seen.tried.port):
        seen.address = address
        try:
            return await stack.enter_async_context(_connection(address))
        except ConnectionResetError:  # it was taken, and reset before we looked; who refuses says so otherwise
            seen.reached("tcp")
            raise
        except OSError as problem:
            problems.append(problem)
            seen.passed_over.append(address[0])
    raise problems[0] if problems else OSError("the host has no address")


@asynccontextmanager
async def _connection(address: Address) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*address)
    remember(own_end(writer), address)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):  # it may have broken off first
            await writer.wait_closed()
