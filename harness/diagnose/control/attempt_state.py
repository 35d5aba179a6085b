"""Holds the settings of an attempt, what it has received so far, and the limits of what it reads from a connection.

No gateway's start needs more than these limits. Reading more would cost memory and time.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from harness.diagnose.control.first_requests import Asking
from harness.shared.evidence import Answer, Ended, Notice, ProbeRecord, VersionRange
from harness.shared.hosts import Address
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, UnknownMessage


class EndedError(Exception):
    """The gateway ended the connection, or redirected it where the reference client does not follow."""

    def __init__(self, ended: Ended, message: str) -> None:
        super().__init__(message)
        self.ended = ended


MOST_BYTES = 32 * 2**20
"""The most bytes that are read; ten thousand positions with all values of fifty accounts are fewer."""

MOST_FRAMES = 200_000

LONGEST_FRAME = 2 * 2**20
"""The most bytes of one frame; the longest frame of a start is the list of accounts."""

MOST_NOTICES = 1_000

MOST_ACCOUNTS = 10_000

LONGEST_TEXT = 2_000
"""Characters of a notice that are kept."""


def within(what: str, count: int, most: int) -> None:
    """Check a limit.

    Args:
        what: what is counted, in the plural, for the error.
        count: how many came.
        most: how many may come.

    Raises:
        EndedError: more than ``most`` came.
    """
    if count > most:
        raise EndedError(Ended.ENDLESS, f"it sent {count:,} {what}; at most {most:,} are accepted")


WIDEST = Hello(min_version=100, max_version=9999)
"""Announces more than any gateway speaks; it answers with its own maximum."""

FIRST_BYTE = "first byte"

_KEPT = 64
"""Number of first bytes that are kept: enough to recognise what speaks there."""

_ALL_IS_WELL = frozenset({2104, 2106, 2158, 2172})
"""Codes of notices that come at a healthy start: data farms are connected (2104, 2106, 2158), end of support (2172)."""

_SAID = 3
_STAGES = ("tcp", "version", "ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """The extra requests of the reference client: those that libraries make at their start, and the settings.

    Args:
        why_not: takes the accounts; returns why nothing may be requested about them, or ``None`` if it may.
        timeout: seconds to wait for the answers [default: what ib_async and ib_insync wait for each]
    """

    why_not: Callable[[Sequence[str]], str | None]
    timeout: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """How an attempt is made.

    Args:
        when: ``before``, ``between`` or ``after`` the cells; for a further attempt, what is different about it.
        host: the gateway's address or name.
        port: the gateway's port.
        client_id: a client id that nobody else uses.
        timeout: seconds within which the gateway must be ready.
        announced: the hello, with the versions that it announces.
        capabilities: the optional capabilities in START_API.
        pause: seconds to wait before connecting.
        asks: what to request when the gateway is ready [default: nothing]
        pace: takes a number of messages, and waits until that many may leave [default: does not wait]
    """

    when: str = "before"
    host: str
    port: int
    client_id: int
    timeout: float
    announced: Hello = WIDEST
    capabilities: str = ""
    pause: float = 0.0
    asks: Asks | None = None
    pace: Callable[[int], Awaitable[None]] | None = None

    async def may_send(self, messages: int) -> None:
        """Wait until this many messages may leave."""
        if self.pace is not None:
            await self.pace(messages)


@dataclass(slots=True)
class Heard:
    """What an attempt has seen so far."""

    tried: Try
    clock: Callable[[], float] = time.monotonic
    started: float = 0.0
    address: Address | None = None
    source: Address | None = None
    passed_over: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    server_version: int | None = None
    accounts: tuple[str, ...] = ()
    account_list: bool = False
    next_order_id: int | None = None
    notices: list[Notice] = field(default_factory=list)
    first_bytes: bytes = b""
    received: int = 0
    reads: int = 0
    frames: int = 0
    last_byte: float | None = None
    reply_pieces: int = 0
    early_frames: int = 0
    reads_before_frame: int = 0
    asking: Asking | None = None
    otherwise: Answer = Answer.UNANSWERED
    """The outcome of each request that got no answer."""
    unasked: str | None = None

    @property
    def connected(self) -> bool:
        """Whether the system has a connection to the gateway, answered or not."""
        return "tcp" in self.seconds

    def now(self) -> float:
        """Return the seconds since the attempt began, without those in which our loop stood still."""
        return self.clock() - self.started

    def reached(self, stage: str) -> None:
        """Note that a stage was passed now."""
        self.seconds[stage] = self.now()

    def took(self, data: bytes) -> None:
        """Count the bytes of one read.

        Raises:
            EndedError: the gateway has sent too much.
        """
        if not self.received:
            self.reached(FIRST_BYTE)
        self.first_bytes = (self.first_bytes + data)[:_KEPT]
        self.received += len(data)
        self.reads += 1
        self.last_byte = self.now()
        within("bytes", self.received, MOST_BYTES)

    def take(self, heard: VersionReply | Message | UnknownMessage) -> None:
        """Record a notice of the gateway.

        Raises:
            EndedError: it redirects the reference client, or has sent too much.
        """
        self.frames += 1
        within("messages", self.frames, MOST_FRAMES)
        match heard:
            case VersionReply(server_version=version) if version < 0:
                raise EndedError(Ended.REDIRECTED, f"the gateway redirects to {heard.connection_time}")
            case VersionReply():
                self.reached("version")
                self.server_version = heard.server_version
                self.reply_pieces = max(1, self.reads - self.reads_before_frame)
            case _ if self.server_version is None:
                self.early_frames += 1
                self.reads_before_frame = self.reads
            case Message(name="managed_accounts"):
                self.account_list = True
                within("accounts", heard.text("accounts").strip(",").count(",") + 1, MOST_ACCOUNTS)
                self.accounts = tuple(account for account in heard.text("accounts").split(",") if account)
            case Message(name="next_valid_id"):
                self.next_order_id = heard.number("order_id")
            case Message(name="error"):
                within("notices", len(self.notices) + 1, MOST_NOTICES)
                text = heard.text("text")[:LONGEST_TEXT]
                self.notices.append(Notice(code=heard.number("code"), message=text, req_id=heard.number("req_id")))
            case _:
                pass  # a master client receives others' orders before it is ready; they are not needed here

    @property
    def said(self) -> list[str]:
        """The gateway's last few notices, which may explain why it went no further."""
        telling = [notice for notice in self.notices if notice.code not in _ALL_IS_WELL]
        return [f"error {notice.code}: {notice.message}" for notice in telling[-_SAID:]]

    @property
    def ready(self) -> bool:
        """Whether accounts and next valid id came."""
        return self.next_order_id is not None and bool(self.accounts)

    @property
    def _left_out(self) -> str | None:
        words = self.asking.left_out if self.asking else ()
        return "; ".join(dict.fromkeys(words)) or None

    def record(self, ended: Ended, reason: str | None) -> ProbeRecord:
        """Return what was seen, once it is over."""
        passed = ended is Ended.READY
        missing = [stage for stage in _STAGES if stage not in self.seconds]
        tried = self.tried
        return ProbeRecord(
            when=tried.when,
            passed=passed,
            stage=None if passed else (*missing, _STAGES[-1])[0],
            reason="; ".join([reason, *self.said]) if reason else None,
            ended=ended,
            address=self.address,
            source=self.source,
            passed_over=tuple(self.passed_over),
            announced=VersionRange(min=tried.announced.min_version, max=tried.announced.max_version),
            timeout=tried.timeout,
            client_id=tried.client_id,
            server_version=self.server_version,
            accounts=self.accounts,
            account_list=self.account_list,
            next_order_id=self.next_order_id,
            seconds=dict(self.seconds),
            notices=tuple(self.notices),
            first_bytes=self.first_bytes,
            received=self.received,
            reads=self.reads,
            last_byte=self.last_byte,
            reply_pieces=self.reply_pieces,
            early_frames=self.early_frames,
            asked=self.asking.records(self.otherwise) if self.asking else (),
            asked_timeout=tried.asks.timeout if tried.asks else 0.0,
            unasked=self.unasked or self._left_out,
            settings=self.asking.settings if self.asking else None,
        )
