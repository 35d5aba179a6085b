"""Puts the bytes of a TCP connection in order, from packets that may come late, twice, overlapping, or never.

A capture misses packets that were there, and has them in another order than the two sides saw. What a side
acknowledges, it had: bytes that one side said after it had others of the other side come after those; and bytes that
were acknowledged and do not come are lost.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.recordings.imports.tcp_packet import FIN, RST, SYN, TcpSegment
from harness.wire.message import Sender

PATIENT_PACKETS = 512
PATIENT_SECONDS = 2.0
"""How long bytes that were acknowledged may take to come."""

MOST_WAITING = 4 * 2**20
MOST_WAITING_PACKETS = 4096
"""How much of one side waits for what comes before it; the largest window of TCP that systems use by themselves."""

_MODULUS = 2**32
_HALF = 2**31
_OTHER = {Sender.CLIENT: Sender.GATEWAY, Sender.GATEWAY: Sender.CLIENT}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a packet came.

    Args:
        packet: its number.
        at: seconds; never less than before.
    """

    packet: int
    at: float


@dataclass(frozen=True, slots=True)
class Piece:
    """The next bytes of one side.

    Args:
        sender: which side.
        lost: how many bytes before these are not in the capture.
        data: the bytes.
    """

    sender: Sender
    lost: int
    data: bytes


@dataclass(frozen=True, slots=True, order=True)
class _Waiting:
    start: int
    needs: int = field(compare=False)
    data: bytes = field(compare=False)


@dataclass(slots=True)
class _Side:
    """One direction; all positions count from its first byte."""

    base: int
    next: int = 0
    acked: int = 0
    end: int | None = None
    since: Moment = Moment(0, 0.0)
    waiting: list[_Waiting] = field(default_factory=list)
    held: int = 0

    def position(self, sequence: int) -> int:
        """Return the position that a sequence number means: the nearest."""
        ahead = (sequence - self.base - self.next) % _MODULUS
        return self.next + (ahead - _MODULUS if ahead >= _HALF else ahead)

    @property
    def missing(self) -> bool:
        """Whether the receiver had bytes that did not come."""
        return self.next < (self.acked if self.end is None else min(self.acked, self.end))

    @property
    def is_full(self) -> bool:
        return self.held > MOST_WAITING or len(self.waiting) > MOST_WAITING_PACKETS

    def wait(self, item: _Waiting) -> None:
        insort(self.waiting, item)
        self.held += len(item.data)

    def first(self) -> _Waiting | None:
        """Return what waits first, after dropping what is known by now."""
        while self.waiting:
            first = self.waiting[0]
            if first.start + len(first.data) > self.next:
                return first
            self.drop()
        return None

    def drop(self) -> None:
        self.held -= len(self.waiting.pop(0).data)


class Reassembly:
    """Both directions of a connection.

    Args:
        client: the sequence number of the client's first byte.
        gateway: that of the gateway's.
    """

    def __init__(self, client: int, gateway: int) -> None:
        self._sides = {Sender.CLIENT: _Side(client), Sender.GATEWAY: _Side(gateway)}
        self.ends = False
        """Whether a side has said that it ends."""

    def take(self, sender: Sender, segment: TcpSegment, now: Moment) -> Iterator[Piece]:
        """Take a packet; yield what is now in order."""
        side, other = self._sides[sender], self._sides[_OTHER[sender]]
        needs = self._note_acknowledged(other, segment, now)
        start = side.position(segment.sequence) + bool(segment.flags & SYN)
        if segment.flags & FIN and side.end is None:
            side.end, self.ends = max(side.next, start + segment.length), True
        data = segment.data if side.end is None else segment.data[: max(0, side.end - start)]
        if data and start + len(data) > side.next:
            if not side.waiting and start <= side.next and needs <= other.next:
                yield from self._deliver(sender, data[side.next - start :], 0, now)
            else:
                side.wait(_Waiting(start, needs, data))
        if self._is_settled:
            return
        yield from self._in_order(now)
        yield from self._overdue(now)

    @property
    def held(self) -> int:
        """How many bytes wait for what comes before them."""
        return sum(side.held for side in self._sides.values())

    def has_ended(self, sender: Sender) -> bool:
        """Whether a side said all, and that it has ended."""
        side = self._sides[sender]
        return side.end is not None and side.next >= side.end

    def rest(self, now: Moment) -> Iterator[Piece]:
        """Yield what waits, though not all before it came; nothing more can come."""
        yield from self._in_order(now)
        while not self._is_settled:
            yield from self._give_up(now)
        for sender, side in self._sides.items():
            if side.end is not None and side.next < side.end:
                yield from self._deliver(sender, b"", side.end - side.next, now)

    @property
    def _is_settled(self) -> bool:
        client, gateway = self._sides.values()
        return not (client.waiting or gateway.waiting or client.missing or gateway.missing)

    def _note_acknowledged(self, side: _Side, segment: TcpSegment, now: Moment) -> int:
        if segment.acknowledged is None or segment.flags & RST:
            return 0
        position = side.position(segment.acknowledged)
        if side.end is not None:
            position = min(position, side.end)
        if position > side.acked:
            if not side.missing:
                side.since = now
            side.acked = position
        return position

    def _deliver(self, sender: Sender, data: bytes, lost: int, now: Moment) -> Iterator[Piece]:
        side = self._sides[sender]
        side.next += lost + len(data)
        side.since = now
        yield Piece(sender, lost, data)

    def _in_order(self, now: Moment) -> Iterator[Piece]:
        moved = True
        while moved:
            moved = False
            for sender, side in self._sides.items():
                while (first := side.first()) and first.start <= side.next:
                    if first.needs > self._sides[_OTHER[sender]].next:
                        break
                    moved = True
                    yield from self._pop(sender, first, now)

    def _pop(self, sender: Sender, first: _Waiting, now: Moment) -> Iterator[Piece]:
        side = self._sides[sender]
        side.drop()
        yield from self._deliver(sender, first.data[side.next - first.start :], 0, now)

    def _overdue(self, now: Moment) -> Iterator[Piece]:
        """Yield what waited too long, or too much of it."""
        while not self._is_settled and (any(side.is_full for side in self._sides.values()) or self._is_late(now)):
            yield from self._give_up(now)

    def _is_late(self, now: Moment) -> bool:
        since = [side.since for side in self._sides.values() if side.missing]
        return any(now.packet - each.packet > PATIENT_PACKETS or now.at - each.at > PATIENT_SECONDS for each in since)

    def _give_up(self, now: Moment) -> Iterator[Piece]:
        """Wait no longer for one thing: bytes that were acknowledged, else an order, else bytes that were not."""
        sides = sorted(self._sides.items(), key=lambda each: each[1].since.packet)
        late = [sender for sender, side in sides if side.missing and self._hole(side) > 0]
        holes = [sender for sender, side in sides if (first := side.first()) and first.start > side.next]
        blocked = [sender for sender, side in sides if side.first() and sender not in holes]
        if late:
            sender = late[0]
            yield from self._deliver(sender, b"", self._hole(self._sides[sender]), now)
        elif blocked:
            first = self._sides[blocked[0]].first()
            if first is not None:
                yield from self._pop(blocked[0], first, now)
        elif holes:
            side = self._sides[holes[0]]
            yield from self._deliver(holes[0], b"", side.waiting[0].start - side.next, now)
        yield from self._in_order(now)

    def _hole(self, side: _Side) -> int:
        """Return how many acknowledged bytes are missing next."""
        until = side.acked if side.end is None else min(side.acked, side.end)
        first = side.first()
        return (until if first is None else min(until, first.start)) - side.next
