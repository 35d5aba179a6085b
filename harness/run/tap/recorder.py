"""Records a transcript while it happens, within limits of size."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from harness.run.tap.way import Way
from harness.wire.message import Sender
from harness.wire.overflow_index import Index
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut, Leg, Transcript

_MIB = 2**20
MAX_CLIENT_BYTES = 16 * _MIB
MAX_GATEWAY_BYTES = _MIB
MOST_GATEWAY_BYTES = 128 * _MIB
MOST_GATEWAY_MESSAGES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of one connection is kept, and how much a gateway may send at all; none sends that much during a cell.

    Args:
        client: the most bytes from the client that are kept.
        gateway: the most bytes from the gateway that are kept.
        most_bytes: bytes from the gateway after which the connection is cut off.
        most_messages: messages from the gateway after which it is cut off: ten times what ten thousand positions with
            their values need.
    """

    client: int = MAX_CLIENT_BYTES
    gateway: int = MAX_GATEWAY_BYTES
    most_bytes: int = MOST_GATEWAY_BYTES
    most_messages: int = MOST_GATEWAY_MESSAGES


@dataclass(slots=True)
class _Kept:
    """How much of one direction was kept, and the position of the line that counts the rest."""

    room: int
    rest: int | None = None


Clocks = tuple[float, datetime]
"""One moment, in seconds of the monotonic clock and as the time of day (UTC)."""

TOGETHER_SECONDS, TRIES = 0.0002, 100
"""The most seconds between the readings of two clocks, and how many times that is tried."""


def now_by_both_clocks() -> Clocks:
    """Read the monotonic clock and the time of day at one moment.

    The time of day that a cell's process reports is used to find in the transcript what a check sent. If this process
    had to wait for the processor between its two readings, the whole transcript would be shifted against that.
    """
    readings = []
    for _ in range(TRIES):
        before, now, after = time.monotonic(), datetime.now(UTC), time.monotonic()
        readings.append((after - before, before, now))
        if after - before < TOGETHER_SECONDS:
            break
    _, start, began = min(readings)
    return start, began


@dataclass(slots=True, kw_only=True)
class Recorder:
    """Collects a transcript while it happens.

    Args:
        gateway: host and port behind the tap.
        limits: how much is kept.
        listened: host and port that the client is given.
        opened: the moment from which times count, on the monotonic clock and as the time of day.
        monotonic: reads the monotonic clock, in seconds.
    """

    gateway: tuple[str, int]
    limits: Limits = field(default_factory=Limits)
    listened: tuple[str, int] = ("", 0)
    opened: Clocks = field(default_factory=now_by_both_clocks)
    monotonic: Callable[[], float] = field(default_factory=lambda: time.monotonic)
    clock: tuple[float, ...] = ()
    """The earliest and latest time of day while bytes crossed, in Unix seconds: the clock may be set meanwhile."""
    _entries: list[Entry] = field(default_factory=list)
    _kept: dict[tuple[int, Sender], _Kept] = field(default_factory=dict)
    _indexes: dict[int, Index] = field(default_factory=dict)

    def transcript(self) -> Transcript:
        """Return what was seen so far."""
        entries = tuple(told for entry in self._entries for told in self._told(entry))
        return Transcript(began=self.opened[1], listened=self.listened, gateway=self.gateway, entries=entries)

    def _told(self, entry: Entry) -> Iterator[Entry]:
        """Yield an entry; one that counts what was left out is followed by the messages in it, if they are known."""
        index = self._indexes.get(entry.connection)
        if isinstance(entry, LeftOut) and entry.sender is Sender.GATEWAY and index is not None and index.whole:
            yield replace(entry, indexed=True)
            yield from index.passed()
        else:
            yield entry

    def too_much(self, connection: int) -> str | None:
        """Return in words what a connection has more of than any gateway sends; ``None`` if it is within the limits."""
        index = self._indexes.get(connection)
        if index is not None and index.messages > self.limits.most_messages:
            return f"it sent {index.messages:,} messages; at most {self.limits.most_messages:,} are passed on"
        if index is not None and index.bytes > self.limits.most_bytes:
            return f"it sent {index.bytes:,} bytes; at most {self.limits.most_bytes:,} are passed on"
        return None

    def change(self, connection: int, change: Change, *, by: Sender | None = None, reason: str | None = None) -> None:
        """Record an event of a connection."""
        self._entries.append(Event(at=self._now(), connection=connection, change=change, by=by, reason=reason))

    def way(self, connection: int, to: Sender, way: Way) -> None:
        """Note how the way to a side was, once that has gone."""
        leg = Leg(at=self._now(), connection=connection, to=to, round_trip=way.round_trip, lost=way.lost)
        self._entries.append(leg)

    def chunk(self, connection: int, sender: Sender, data: bytes) -> None:
        """Keep what was sent, as far as there is room; count the rest."""
        kept = self._kept.get((connection, sender))
        if kept is None:
            room = self.limits.client if sender is Sender.CLIENT else self.limits.gateway
            kept = self._kept[connection, sender] = _Kept(room)
        head = data if len(data) <= kept.room else data[: kept.room]
        at, clock = self._now(), (*self.clock, time.time())
        self.clock = min(clock), max(clock)
        if head:
            kept.room -= len(head)
            self._entries.append(Chunk(at=at, connection=connection, sender=sender, data=head))
        if sender is Sender.GATEWAY:
            index = self._indexes.setdefault(connection, Index(connection))
            index.hear(at, head, kept=True)
            index.hear(at, data[len(head) :], kept=False)
        if len(head) < len(data):
            self._leave_out(LeftOut(at=at, connection=connection, sender=sender, count=len(data) - len(head)), kept)

    def _leave_out(self, more: LeftOut, kept: _Kept) -> None:
        if kept.rest is None:
            kept.rest = len(self._entries)
            self._entries.append(more)
            return
        before = self._entries[kept.rest]
        if isinstance(before, LeftOut):
            self._entries[kept.rest] = replace(before, count=before.count + more.count)

    def _now(self) -> float:
        return self.monotonic() - self.opened[0]
