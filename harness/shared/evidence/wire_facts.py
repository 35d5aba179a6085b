"""Defines the records of what crossed the wire in a cell, as far as it shows whose fault something is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Invalid(StrEnum):
    """What is wrong with a request that was sent."""

    TYPE = "type"
    """A field contains a value that its type does not allow."""
    VALUE = "value"
    """The gateway refused it, and named a field of it."""
    LAYOUT = "layout"
    """It ends before its last field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that was sent and whose answer has a defined end.

    Args:
        name: of its message.
        at: when, in Unix seconds.
        after: seconds until its answer ended; ``None`` if it never did.
        refused: seconds until an error came instead; ``None`` if none came.
        why: that error's code and text, and the fields.
        invalid: what is wrong with it; ``None`` if nothing is known to be.
        fields: the wrong fields, or those that the error names, with the values that were sent, as ``bar_size = '4
            mins'``.
    """

    name: str
    at: float
    after: float | None = None
    refused: float | None = None
    why: str = ""
    invalid: Invalid | None = None
    fields: tuple[str, ...] = ()


class Became(StrEnum):
    """The outcomes of a further connection."""

    READY = "ready"
    IN_USE = "in-use"
    """The gateway refused its client id, with 326."""
    ENDED = "ended"
    """The gateway ended it before it was ready."""
    NEVER = "never"
    """It was never ready, and the gateway did not end it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """A connection beside or after the one that carries the requests.

    Args:
        at: when it was opened, in Unix seconds.
        became: its outcome.
        after: seconds from its hello until it was ready; ``None`` if it never was.
        requests: those that were sent on it.
        errors: code and text of each error that came on it.
        whole: every message that crossed it is known by name.
    """

    at: float
    became: Became
    after: float | None = None
    requests: tuple[Request, ...] = ()
    errors: tuple[tuple[int, str], ...] = ()
    whole: bool = True


_FIRST_WAIT = 1.0
"""Seconds until a lost packet is sent again, doubled each time that it is lost again: RFC 6298, which also says not to
begin with less. Some systems begin with a fifth of that."""

_ROUNDS = 8
"""Round trips that a long answer may take: the congestion window begins with 14 kB and doubles, RFC 6928."""

_MOST = 20
"""Lost packets that are taken into account: so many in a row end a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The network between the tap and one side, over all connections, as far as the system's TCP reports it.

    Args:
        round_trip: the shortest round trip of a packet and its acknowledgement, in seconds, on the slowest connection.
        lost: packets that are known to have been lost.
    """

    round_trip: float = 0.0
    lost: int = 0

    @property
    def is_good(self) -> bool:
        """Whether no problem of it is known, and it is as fast as within one computer."""
        return self == Way()

    @property
    def may_cost(self) -> float:
        """Seconds that an answer may have spent on it: each loss may have hit the one packet that mattered."""
        return _FIRST_WAIT * ((1 << min(self.lost, _MOST)) - 1) + _ROUNDS * self.round_trip


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFacts:
    """What a cell's transcript says about the connection that carries its requests.

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
        unread: number of messages from the gateway that cannot be read.
        unread_sent: number of messages from the client of which not even the name can be read.
        flood: what the gateway sent too much of, for which a connection was cut off; empty if none was.
        flooded_at: when that was, in Unix seconds.
        requests: the requests, in the order in which they were sent.
        whole: nothing was left out of it.
        indexed: otherwise, each message that was left out is known by name and request.
        further: the other connections that sent a hello, in their order.
        to_client: the network between tap and client.
        to_gateway: the network between tap and gateway.
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
