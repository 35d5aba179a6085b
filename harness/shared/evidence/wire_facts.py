"""Defines the records of what crossed the wire in a cell, as far as it shows whose fault something is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Invalid(StrEnum):
    """What is wrong with a request that was sent."""

    TYPE = "type"
    """A field holds what its type cannot."""
    VALUE = "value"
    """The gateway refused it, and names a field of it."""
    LAYOUT = "layout"
    """It ends before its last field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that was sent, and whose answer has an end.

    Args:
        name: of its message.
        at: when, in Unix seconds.
        after: seconds until its answer ended; ``None`` if it never did.
        refused: seconds until an error came in place of that; ``None`` if none came.
        why: that error's code and text, and the fields.
        invalid: what is wrong with it; ``None`` if nothing is known to be.
        fields: those that are wrong, or that the error names, with what was sent in them, as ``bar_size = '4 mins'``.
    """

    name: str
    at: float
    after: float | None = None
    refused: float | None = None
    why: str = ""
    invalid: Invalid | None = None
    fields: tuple[str, ...] = ()


class Became(StrEnum):
    """What became of a further connection."""

    READY = "ready"
    IN_USE = "in-use"
    """The gateway refused its client id, with 326."""
    ENDED = "ended"
    """The gateway ended it before it was ready."""
    NEVER = "never"
    """It was never ready, and the gateway did not end it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """A connection beside or after the one that requests go over.

    Args:
        at: when it was opened, in Unix seconds.
        became: what became of it.
        after: seconds from its hello until it was ready; ``None`` if it never was.
        requests: those that were sent on it.
        errors: code and text of each error that came on it.
        whole: of all that crossed it, it is known which message it was.
    """

    at: float
    became: Became
    after: float | None = None
    requests: tuple[Request, ...] = ()
    errors: tuple[tuple[int, str], ...] = ()
    whole: bool = True


_FIRST_WAIT = 1.0
"""Seconds until a packet that was lost is sent again, and twice as long each time that it is lost again: RFC 6298,
which also says not to begin with less. Some systems begin with a fifth of that."""

_ROUNDS = 8
"""Round trips that a long answer may take: what may be on its way at once begins with 14 kB and doubles, RFC 6928."""

_MOST = 20
"""Lost packets that are reckoned with: so many in a row end a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way between the tap and one side, over all connections, as far as the system's TCP told.

    Args:
        round_trip: of the slowest connection, the least seconds that a packet and its receipt were on their way.
        lost: packets that are known to have been lost.
    """

    round_trip: float = 0.0
    lost: int = 0

    @property
    def is_good(self) -> bool:
        """Whether nothing is known to be wrong with it, and it is as quick as within one computer."""
        return self == Way()

    @property
    def may_cost(self) -> float:
        """Seconds that an answer may have been on it: each loss may have been of the one packet that mattered."""
        return _FIRST_WAIT * ((1 << min(self.lost, _MOST)) - 1) + _ROUNDS * self.round_trip


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFacts:
    """What a cell's transcript says of the connection that its requests go over.

    Args:
        hello: a hello was sent.
        reply: a version reply came.
        reply_pieces: in how many pieces the first one came.
        started: START_API was sent.
        accounts: a list of managed accounts with an account in it came.
        next_valid_id: the next valid id came.
        hello_at: when that was, in Unix seconds; 0 if none was.
        answered_at: when the last of version reply, accounts and id came, in Unix seconds; 0 if none did.
        ended_by_gateway: the gateway ended it before the client did.
        errors: codes of the errors that came.
        unread: what the gateway sent that cannot be read.
        unread_sent: what the client sent of which not even the name can be read.
        flood: what the gateway sent more of than any does, for which a connection was cut off; empty if none was.
        flooded_at: when that was, in Unix seconds.
        requests: what was sent, in that order.
        whole: nothing of it was left out.
        indexed: or else, of each message that was left out it is known which it was, and of which request.
        further: the other connections that said hello, in that order.
        to_client: how the way between tap and client was.
        to_gateway: how the way between tap and gateway was.
    """

    hello: bool = False
    reply: bool = False
    reply_pieces: int = 0
    started: bool = False
    accounts: bool = False
    next_valid_id: bool = False
    hello_at: float = 0.0
    answered_at: float = 0.0
    ended_by_gateway: bool = False
    errors: frozenset[int] = frozenset()
    unread: int = 0
    unread_sent: int = 0
    flood: str = ""
    flooded_at: float = 0.0
    requests: tuple[Request, ...] = ()
    whole: bool = True
    indexed: bool = False
    further: tuple[Further, ...] = ()
    to_client: Way = Way()
    to_gateway: Way = Way()
