"""The control: a client without a library, on our own protocol.

Where it fails, the gateway (or the way to it) is at fault, not the libraries; where it passes, the gateway answered at
that moment. It announces a wide range, so the gateway answers with its own maximum. It sends nothing but the hello and
START_API, and closes what it opens.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from harness.protocol.errors import ProtocolError
from harness.protocol.hello import Hello, VersionReply
from harness.protocol.message import Message, UnknownMessage
from harness.protocol.side import ClientSide
from harness.results.outcome import Notice, ProbeRecord

WIDEST = Hello(min_version=100, max_version=9999)
"""Announces more than any gateway speaks; it answers with its own maximum."""

_CHUNK = 65536
_ALL_IS_WELL = frozenset({2104, 2106, 2158, 2172})
"""Notices of every healthy start: the data farms are there, and until when this version is supported."""

_SAID = 3
_STAGES = ("tcp", "version", "ready")


class _EndedError(Exception):
    """The gateway ended the conversation, or led it where the control does not follow."""


@dataclass(slots=True)
class _Seen:
    """What one attempt has seen so far."""

    started: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)
    server_version: int | None = None
    accounts: tuple[str, ...] = ()
    next_order_id: int | None = None
    notices: list[Notice] = field(default_factory=list)

    def reached(self, stage: str) -> None:
        self.seconds[stage] = time.monotonic() - self.started

    @property
    def said(self) -> list[str]:
        """What the gateway said that may be why it went no further; at most the last few."""
        telling = [notice for notice in self.notices if notice.code not in _ALL_IS_WELL]
        return [f"error {notice.code}: {notice.message}" for notice in telling[-_SAID:]]

    @property
    def ready(self) -> bool:
        return self.next_order_id is not None and bool(self.accounts)

    def record(self, when: str, reason: str | None) -> ProbeRecord:
        missing = [stage for stage in _STAGES if stage not in self.seconds]
        return ProbeRecord(
            when=when,
            passed=not missing,
            stage=missing[0] if missing else None,
            reason=reason if missing else None,
            server_version=self.server_version,
            accounts=self.accounts,
            seconds=dict(self.seconds),
            notices=tuple(self.notices),
        )


async def probe(host: str, port: int, *, client_id: int, timeout: float, when: str = "before") -> ProbeRecord:
    """Connect once as far as a client can get before it asks for anything.

    Args:
        host: the gateway's address.
        port: the gateway's port.
        client_id: must be nobody else's.
        timeout: seconds for the whole attempt.
        when: ``before``, ``between`` or ``after`` the cells.

    Returns:
        What was seen; a gateway that fails is a record too, never an exception.
    """
    seen = _Seen()
    reason = None
    try:
        async with asyncio.timeout(timeout):
            await _attempt(seen, host, port, client_id)
    except (OSError, UnicodeError, ProtocolError, _EndedError) as problem:
        reason = "; ".join([_in_words(problem, timeout), *seen.said])
    return seen.record(when, reason)


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


async def _attempt(seen: _Seen, host: str, port: int, client_id: int) -> None:
    async with _connection(host, port) as (reader, writer):
        seen.reached("tcp")
        side = ClientSide(WIDEST)
        writer.write(side.greet())
        while not seen.ready:
            data = await reader.read(_CHUNK)
            if not data:
                raise _EndedError("the gateway closed the connection")
            for heard in side.receive(data):
                _take(seen, heard)
                if isinstance(heard, VersionReply):
                    writer.write(side.send(Message("start_api", {"client_id": client_id})))
        seen.reached("ready")


@asynccontextmanager
async def _connection(host: str, port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):  # it may have broken off first
            await writer.wait_closed()


def _take(seen: _Seen, heard: VersionReply | Message | UnknownMessage) -> None:
    match heard:
        case VersionReply(server_version=version) if version < 0:
            raise _EndedError(f"the gateway redirects to {heard.connection_time}")
        case VersionReply():
            seen.reached("version")
            seen.server_version = heard.server_version
        case Message(name="managed_accounts"):
            seen.accounts = tuple(account for account in heard.text("accounts").split(",") if account)
        case Message(name="next_valid_id"):
            seen.next_order_id = heard.number("order_id")
        case Message(name="error"):
            notice = Notice(code=heard.number("code"), message=heard.text("text"), req_id=heard.number("req_id"))
            seen.notices.append(notice)
        case _:
            pass  # a master client hears of others' orders before it is ready; the control has no use for them
