"""Defines the transcript of a tap: chunks of bytes as they came, and the fate of each connection, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from harness.wire.message import Sender


class Change(StrEnum):
    """What may become of a connection."""

    OPENED = "opened"
    """The gateway accepted it."""
    HALF_CLOSED = "half-closed"
    """One side has ended its direction."""
    RESET = "reset"
    """One side broke it off."""
    REFUSED = "refused"
    """The gateway could not be reached, so the client was reset."""
    CLOSED = "closed"
    """Both sides had ended, or the tap was removed."""
    CUT_OFF = "cut-off"
    """The tap ended it, because the gateway sent more than any gateway does; the reason says what."""
    HELD_BACK = "held-back"
    """The tap ended it, because nothing may be asked of this gateway; the reason says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Bytes from one read, which one write passed on.

    Args:
        at: seconds since the tap opened.
        connection: its number; the first is 1.
        sender: who sent them.
        data: what was sent.
    """

    at: float
    connection: int
    sender: Sender
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Bytes of one direction that were passed on and not kept; ``at`` is the time of the first.

    From there on no bytes of this direction are in the transcript. ``indexed`` says that a `Passed` reports each
    message in them.
    """

    at: float
    connection: int
    sender: Sender
    count: int
    indexed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Messages of a gateway that are among the bytes left out.

    Args:
        at: seconds since the tap opened, when the last of them came.
        connection: its number.
        kind: the message's id, without the 200 that marks protobuf.
        number: the id of the request or order that they are about; ``None`` if there is none.
        count: how many.
        size: bytes of their payloads.
        payload: the payload of one that is kept; otherwise empty.
    """

    at: float
    connection: int
    kind: int
    number: int | None = None
    count: int = 1
    size: int
    payload: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of a connection.

    Args:
        at: seconds since the tap opened.
        connection: its number.
        change: what it was.
        by: whose doing; ``None`` for what has no doer.
        reason: the system's words, if it was refused.
    """

    at: float
    connection: int
    change: Change
    by: Sender | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The network between the tap and one side, if it was slow or lost packets, as the system's TCP saw it.

    Args:
        at: seconds since the tap opened, when the side had gone.
        connection: its number.
        to: which side.
        round_trip: the least seconds that a packet and its receipt were on their way.
        lost: packets that are known to have been lost on it.
    """

    at: float
    connection: int
    to: Sender
    round_trip: float
    lost: int


Entry = Chunk | LeftOut | Passed | Event | Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """All that crossed one tap.

    Args:
        began: when it opened; UTC.
        listened: host and port that the client was given.
        gateway: host and port behind it.
        entries: in the order in which they were seen.
    """

    began: datetime
    listened: tuple[str, int]
    gateway: tuple[str, int]
    entries: tuple[Entry, ...]
