"""Defines the records of what the reference client saw of a gateway, including its answers to the start-up requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.shared.evidence.cell_outcome import Notice, VersionRange
from harness.shared.mask import Seconds

POSITIONS = "positions"
EXECUTIONS = "executions"
OPEN_ORDERS = "open orders"
COMPLETED_ORDERS = "completed orders"
ACCOUNT_UPDATES = "account updates"
ACCOUNT_UPDATES_MULTI = "account updates multi"
READ_ONLY_WORDS = "read-only"
"""Part of the English text of a read-only API's refusals: ``… currently in Read-Only mode``."""


class Answer(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    """The message that ends the answer came."""
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    ENDED = "ended"
    """The gateway ended the connection instead."""
    UNREAD = "unread"
    """Something came that we could not read, so the outcome is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRecord:
    """One request.

    Args:
        request: what it asks for, in words: ``positions``, ``open orders``, ….
        answer: what became of it.
        said: the gateway's text if it refused.
    """

    request: str
    answer: Answer
    said: str = ""

    @property
    def is_read_only(self) -> bool:
        """Whether it was refused because the API is read-only, as far as the text shows."""
        return self.answer is Answer.REFUSED and READ_ONLY_WORDS in self.said.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """The API settings that a gateway reports, from server version 219 on.

    A flag that is off is absent on the wire, and so is one that an older build does not have: ``None`` stands for both.

    Args:
        read_only: it refuses everything about orders.
        socket_port: the port that it is configured to listen on.
        master_client_id: the client that receives the orders of all clients.
        trusted_ips: addresses that connect without a dialog; ``None`` if none was reported.
        localhost_only: it refuses other machines.
        rejects_above_max_rate: it refuses messages that are sent too fast, and finally ends the connection.
        sends_lots: it counts volumes of stocks in lots.
        time_zone: of the times that it sends: ``operator``, ``instrument``, ``utc``; empty if not reported.
        download_open_orders: it sends a client its working orders when it connects.
        creates_message_log: it writes what clients send to its API log.
    """

    read_only: bool | None = None
    socket_port: int | None = None
    master_client_id: int | None = None
    trusted_ips: tuple[str, ...] | None = None
    localhost_only: bool | None = None
    rejects_above_max_rate: bool | None = None
    sends_lots: bool | None = None
    time_zone: str = ""
    download_open_orders: bool | None = None
    creates_message_log: bool | None = None


_IN_USE = 326
"""The error of a client id that is taken (IBKR's documentation of the API's error codes)."""

_DROPS = 4
"""Bytes a read, on average, up to which a gateway trickles; a healthy one sends whole frames."""

_LONG = 1.0
"""Seconds over which they come, at least; a healthy gateway on the same machine needs milliseconds."""


class Ended(StrEnum):
    """How an attempt of the reference client ended."""

    READY = "ready"
    NO_NAME = "no-name"
    """The host name has no address."""
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    """The system has no route to the host, or may not use it."""
    NO_ANSWER = "no-answer"
    """TCP itself was not answered in time."""
    SILENT = "silent"
    """Connected, and nothing more came in time."""
    CLOSED = "closed"
    RESET = "reset"
    FOREIGN = "foreign"
    """The bytes that came are not the TWS socket API, or are malformed."""
    REDIRECTED = "redirected"
    ENDLESS = "endless"
    """It sent more than any gateway does, and we cut it off."""
    NOT_ASKED = "not-asked"
    """No connection was made: it keeps earlier ones of ours unanswered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRecord:
    """One attempt of the reference client against a gateway.

    Args:
        when: ``before``, ``between`` or ``after`` the cells; for further attempts, what is different about them.
        passed: it got as far as a client can get before it asks for anything.
        stage: the first stage not passed (``tcp``, ``version``, ``ready``) or ``None``.
        reason: what went wrong, for a person.
        ended: how it ended; ``None`` in records of older versions of ib-compat.
        address: host and port that it was made to, numeric.
        source: host and port of our own end, which identify this connection in the machine's tables.
        passed_over: earlier addresses of the host name that did not take the connection.
        announced: the server versions that it announced.
        timeout: seconds that it was allowed.
        client_id: the client id that it used, or would have used.
        server_version: the negotiated version; with a wide announced range the gateway's own maximum.
        accounts: the managed accounts.
        account_list: whether a list of them came at all; it may be empty.
        next_order_id: the next valid id, or ``None``.
        seconds: maps a stage, or ``first byte``, to the time since the start of the attempt.
        notices: messages of the gateway in addition to its answers.
        first_bytes: the first bytes that came.
        received: number of bytes that came.
        reads: in how many pieces they came.
        last_byte: seconds from the start of the attempt to the last byte.
        reply_pieces: in how many pieces the version reply came.
        early_frames: frames that came before it.
        lag: seconds in which our own event loop stood still meanwhile; they are not in the times above.
        starved: it was given up although our loop had not run for the whole waiting time, so the silence says nothing
            about the gateway.
        asked: outcomes of the requests that libraries begin with, once it was ready; empty if they were not sent.
        asked_timeout: seconds that were allowed for their answers.
        unasked: why they, or some of them, were not sent or could not be answered, if they could have been.
        settings: the API settings that the gateway reported; ``None`` if it was not asked, or did not report any.
    """

    when: str
    passed: bool
    stage: str | None = None
    reason: str | None = None
    ended: Ended | None = None
    address: tuple[str, int] | None = None
    source: tuple[str, int] | None = None
    passed_over: tuple[str, ...] = ()
    announced: VersionRange | None = None
    timeout: float = 0.0
    client_id: int | None = None
    server_version: int | None = None
    accounts: tuple[str, ...] = ()
    account_list: bool = False
    next_order_id: int | None = None
    seconds: Mapping[str, Seconds] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    first_bytes: bytes = b""
    received: int = 0
    reads: int = 0
    last_byte: float | None = None
    reply_pieces: int = 0
    early_frames: int = 0
    lag: float = 0.0
    starved: bool = False
    asked: tuple[AskedRecord, ...] = ()
    asked_timeout: float = 0.0
    unasked: str | None = None
    settings: ApiSettings | None = None

    @property
    def trickles(self) -> bool:
        """Whether bytes came drop by drop, over more than a second."""
        if not self.reads or self.last_byte is None:
            return False
        spread = self.last_byte - self.seconds["first byte"]
        return spread > _LONG and self.received / self.reads <= _DROPS

    @property
    def id_in_use(self) -> bool:
        """Whether the gateway said that the client id is taken."""
        return any(notice.code == _IN_USE for notice in self.notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """All attempts of the reference client at a gateway.

    Args:
        attempts: in the order in which they began; the first is the plain one.
        speaks: what the other end speaks, as far as its bytes show: ``api``, a name such as ``tls`` or ``http``,
            ``unknown``, or ``None`` if it said nothing.
        highest_answered: the highest announced server version that was answered, if the widest range was not.
        seconds: duration of all attempts.
    """

    attempts: tuple[ProbeRecord, ...]
    speaks: str | None = None
    highest_answered: int | None = None
    seconds: float = 0.0

    @property
    def plain(self) -> ProbeRecord:
        """The first attempt, with a wide range and without options."""
        return self.attempts[0]

    def find(self, when: str) -> ProbeRecord | None:
        """Return the attempt that was different in this way; ``None`` if it was not made."""
        return next((attempt for attempt in self.attempts if attempt.when == when), None)
