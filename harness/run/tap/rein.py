"""Holds back traffic to protect a gateway that has something to lose: real money, or a limit of messages.

A gateway that somebody else runs is not ours to experiment with. So the tap reads the first list of accounts before the
library does, and passes the client's messages on no faster than all of our clients together may send them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from harness.wire.framing import FrameReader, encode_frame
from harness.wire.hello import PREFIX, Hello
from harness.wire.message import Message
from harness.wire.side import ClientSide
from harness.wire.wire_errors import ProtocolError

AT_ONCE = 32
"""Most messages that are passed on together; more come one by one."""

_ANY = Hello(min_version=100, max_version=9999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rein:
    """The limits on what clients may do to a gateway.

    Args:
        why_not: takes the first accounts that the gateway shows a client; returns why nothing may be requested, or
            ``None`` if it may.
        pace: takes a number of messages, at most :data:`AT_ONCE`, and waits until that many may leave.
    """

    why_not: Callable[[tuple[str, ...]], str | None]
    pace: Callable[[int], Awaitable[None]]


class FirstAccounts:
    """Reads a gateway's side of a connection as far as its first list of accounts."""

    def __init__(self) -> None:
        self._side: ClientSide | None = ClientSide(_ANY)

    def heard(self, data: bytes) -> tuple[str, ...] | None:
        """Take the gateway's next bytes; return the accounts when they complete the first list of them.

        What cannot be read is ignored: the cell also checks the accounts that its library reports.
        """
        if self._side is None:
            return None
        try:
            for said in self._side.receive(data):
                if isinstance(said, Message) and said.name == "managed_accounts":
                    self._side = None
                    return tuple(account for account in said.text("accounts").split(",") if account)
        except ProtocolError:
            self._side = None
        return None


class Paced:
    """The client's side of a connection, passed on no faster than the pace allows.

    Args:
        pace: see :class:`Rein`.
        say: passes bytes on.
        say_no_more: passes on that the client has ended its side.
    """

    def __init__(
        self, pace: Callable[[int], Awaitable[None]], say: Callable[[bytes], None], say_no_more: Callable[[], None]
    ) -> None:
        self._pace = pace
        self._say = say
        self._say_no_more = say_no_more
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._cut = _Cut()
        self.untaken = 0
        """Bytes that wait."""

    @property
    def idle(self) -> bool:
        """Whether everything from the client was passed on, including its end."""
        return not self.untaken and self._waiting.empty()

    def take(self, data: bytes | None) -> None:
        """Take the bytes of one read from the client; ``None``: it has ended its side."""
        self.untaken += len(data or b"")
        self._waiting.put_nowait(data)

    async def run(self) -> None:
        """Pass on until the client has ended its side."""
        while (data := await self._waiting.get()) is not None:
            for messages, part in self._cut.into_parts(data):
                await self._pace(messages)
                self.untaken -= len(part)
                self._say(part)
        self._say_no_more()


class _Cut:
    """Cuts what a client sends if one piece would contain too many messages."""

    def __init__(self) -> None:
        self._frames = FrameReader()
        self._prefix = bytearray()
        self._readable = True

    def into_parts(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the same bytes in parts, each with the number of messages that it completes."""
        ends = self._ends(data)
        if len(ends) <= AT_ONCE:
            return [(len(ends), data)]
        starts = [0, *ends]
        parts = [(1, data[start:end]) for start, end in zip(starts, ends, strict=False)]
        return parts if ends[-1] == len(data) else [*parts, (0, data[ends[-1] :])]

    def _ends(self, data: bytes) -> list[int]:
        """Return the ends of messages; for unreadable bytes, only that there is something."""
        before, body = self._after_prefix(data)
        if not self._readable:
            return [len(data)]
        at, ends = before - self._frames.pending, list[int]()
        try:
            for payload in self._frames.feed(body):
                at += len(encode_frame(payload))
                ends.append(at)
        except ProtocolError:
            self._readable = False
            return [len(data)]
        return ends

    def _after_prefix(self, data: bytes) -> tuple[int, bytes]:
        """Return how many bytes of the data belong to the four that open every conversation, and what follows them."""
        missing = len(PREFIX) - len(self._prefix)
        self._prefix += data[:missing]
        self._readable = self._readable and PREFIX.startswith(bytes(self._prefix))
        return min(missing, len(data)), data[missing:]
