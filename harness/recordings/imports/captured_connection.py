r"""Makes the entries of a recording of one captured connection.

Which side is the gateway, the hello says: the client begins with ``API\0``. A connection that was open when the capture
began has no hello, so nobody knows its version, and what it says cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

from harness.recordings.imports.lossy_cutter import LossyCutter
from harness.recordings.imports.reassembly import Moment, Piece, Reassembly
from harness.recordings.imports.tcp_packet import RST, SYN, Endpoint, TcpSegment
from harness.recordings.recording import Ended, Entry, Framed, Omitted, Opened
from harness.wire.codec import Codec
from harness.wire.hello import PREFIX, parse_version_reply
from harness.wire.message import Sender
from harness.wire.transcript import Change
from harness.wire.wire_errors import ProtocolError

BEFORE = "the connection was open before the capture began, so nobody knows its version"

_MOST_EARLY = 64
"""Packets among which the beginning of a connection must be, when they come in another order."""

_MOST_EARLY_BYTES = 2**17

_NEAR = _MOST_EARLY * 2**16
"""No more bytes are in so many packets."""


class State(Enum):
    """What is known of a connection."""

    NEW = "new"
    """Nothing yet."""
    UNSURE = "unsure"
    """Its beginning, and not yet the first bytes of the client."""
    SPEAKS = "speaks"
    """It speaks the TWS socket API, or is to be treated so."""
    BEFORE = "before"
    """It was open before the capture began."""
    OTHER = "other"
    """It does not speak the TWS socket API."""
    OVER = "over"
    """It has ended."""


class CapturedConnection:
    """One connection.

    Args:
        gateway: its gateway, if the port says so.
        number: gives the number that the next connection has in the recording.
    """

    def __init__(self, gateway: Endpoint | None, number: Callable[[], int]) -> None:
        self.state = State.NEW
        self._by_port = gateway is not None
        self._gateway = gateway
        self._client: Endpoint | None = None
        self._next_number = number
        self._number = 0
        self._bases: dict[Sender, int] = {}
        self._early: list[TcpSegment] = []
        self._hello = b""
        self._reassembly: Reassembly | None = None
        self._cutters: dict[Sender, LossyCutter] = {}
        self._codec: Codec | None = None
        self._half: set[Sender] = set()
        self._sizes = dict.fromkeys(Sender, 0)
        self._tops: dict[Sender, int] = {}

    def is_another(self, segment: TcpSegment) -> bool:
        """Whether a packet opens another connection between the same ports."""
        if not segment.flags & SYN or segment.acknowledged is not None:
            return False
        return self.state is not State.NEW and self._bases.get(Sender.CLIENT) != _after(segment.sequence)

    @property
    def held(self) -> int:
        """How many bytes are in memory until something else comes."""
        early = sum(len(each.data) for each in self._early)
        waiting = 0 if self._reassembly is None else self._reassembly.held
        return early + waiting + sum(each.held for each in self._cutters.values())

    def take(self, segment: TcpSegment, now: Moment) -> Iterator[Entry]:
        """Take a packet; yield what it completes."""
        match self.state:
            case State.NEW:
                yield from self._begin(segment, now)
            case State.UNSURE | State.SPEAKS:
                yield from self._follow(segment, now)
            case State.BEFORE:
                yield from self._pass_over(segment, now)
            case _:
                pass

    def end(self, now: Moment) -> Iterator[Entry]:
        """Yield what is left: the capture is over, or another connection has this one's ports."""
        if self.state is State.NEW:
            yield from self._without_beginning(now)
        if self._reassembly is not None and self._is_followed:
            yield from self._pieces(self._reassembly.rest(now), now)
        if self.state is State.UNSURE:
            self.state = State.OTHER
        yield from self._over(now, Change.CLOSED)

    def _begin(self, segment: TcpSegment, now: Moment) -> Iterator[Entry]:
        self._learn(segment)
        self._early.append(segment)
        if set(self._bases) == set(Sender):
            early, self._early = self._early, []
            self._reassembly = Reassembly(self._bases[Sender.CLIENT], self._bases[Sender.GATEWAY])
            self.state = State.UNSURE
            if self._by_port:
                yield from self._open(now)
            for each in filter(self._is_near, early):
                yield from self._follow(each, now)
        elif segment.flags & RST and Sender.CLIENT in self._bases and self._by_port:
            yield from self._refused(now)
        elif len(self._early) > _MOST_EARLY or self.held > _MOST_EARLY_BYTES:
            yield from self._without_beginning(now)

    def _learn(self, segment: TcpSegment) -> None:
        """Find who is the client, and where both sides begin, from the packets that tell."""
        acknowledged = segment.acknowledged
        if segment.flags & SYN and acknowledged is None:
            self._client = segment.source
            self._bases.setdefault(Sender.CLIENT, _after(segment.sequence))
        elif segment.flags & SYN and acknowledged is not None:
            self._client = segment.target
            self._bases.setdefault(Sender.CLIENT, acknowledged)
            self._bases[Sender.GATEWAY] = _after(segment.sequence)
        elif segment.data.startswith(PREFIX) and acknowledged is not None:
            self._client = segment.source
            self._bases.setdefault(Sender.CLIENT, segment.sequence)
            self._bases.setdefault(Sender.GATEWAY, acknowledged)  # the gateway waits for the hello

    def _is_near(self, segment: TcpSegment) -> bool:
        """Whether a packet is of this connection, not of an older one between the same ports."""
        base = self._bases[self._sender(segment)]
        return (segment.sequence - base + 1) % 2**32 < _NEAR

    def _sender(self, segment: TcpSegment) -> Sender:
        return Sender.CLIENT if segment.source == self._client else Sender.GATEWAY

    def _without_beginning(self, now: Moment) -> Iterator[Entry]:
        early, self._early = self._early, []
        if not self._by_port:
            self.state = State.OTHER
            return
        self._number = self._next_number()
        yield Opened(at=now.at, connection=self._number)
        self.state = State.BEFORE
        for each in early:
            yield from self._pass_over(each, now)

    def _refused(self, now: Moment) -> Iterator[Entry]:
        self._number = self._next_number()
        yield Opened(at=now.at, connection=self._number)
        yield self._ended(now, Change.REFUSED)
        self.state = State.OVER

    def _open(self, now: Moment) -> Iterator[Entry]:
        self._number = self._next_number()
        self._cutters = {sender: LossyCutter(self._number, sender) for sender in Sender}
        self.state = State.SPEAKS
        yield Opened(at=now.at, connection=self._number)

    def _follow(self, segment: TcpSegment, now: Moment) -> Iterator[Entry]:
        reassembly = self._reassembly
        if reassembly is None or not self._is_followed:
            return
        sender = self._sender(segment)
        yield from self._pieces(reassembly.take(sender, segment, now), now)
        if segment.flags & RST:
            yield from self._pieces(reassembly.rest(now), now)
            yield from self._over(now, Change.RESET, sender)
        elif reassembly.ends:
            yield from self._half_closed(reassembly, now)

    @property
    def _is_followed(self) -> bool:
        return self.state is State.SPEAKS or self.state is State.UNSURE

    def _half_closed(self, reassembly: Reassembly, now: Moment) -> Iterator[Entry]:
        for sender in Sender:
            if sender in self._half or not reassembly.has_ended(sender):
                continue
            self._half.add(sender)
            if self.state is State.SPEAKS:
                yield from self._cutters[sender].end(now.at)
                yield self._ended(now, Change.HALF_CLOSED, sender)
        if self._is_followed and self._half == set(Sender):
            yield from self._over(now, Change.CLOSED)

    def _over(self, now: Moment, change: Change, by: Sender | None = None) -> Iterator[Entry]:
        match self.state:
            case State.SPEAKS:
                for sender in Sender:
                    yield from self._cutters[sender].end(now.at)
                yield self._ended(now, change, by)
            case State.BEFORE:
                for sender in Sender:
                    if self._sizes[sender]:
                        yield Omitted(
                            at=now.at, connection=self._number, sender=sender, size=self._sizes[sender], why=BEFORE
                        )
                yield self._ended(now, change, by)
            case _:
                pass
        self.state = State.OTHER if self.state in {State.UNSURE, State.OTHER} else State.OVER
        self._reassembly = None

    def _ended(self, now: Moment, change: Change, by: Sender | None = None) -> Ended:
        return Ended(at=now.at, connection=self._number, change=change, by=by)

    def _pieces(self, pieces: Iterator[Piece], now: Moment) -> Iterator[Entry]:
        for piece in pieces:
            if self.state is State.UNSURE:
                yield from self._judge(piece, now)
            elif self.state is State.SPEAKS:
                yield from self._said(piece, now)

    def _judge(self, piece: Piece, now: Moment) -> Iterator[Entry]:
        """Find whether the client begins as clients of the TWS socket API do, before the gateway says anything."""
        self._hello += piece.data
        if piece.lost or piece.sender is Sender.GATEWAY or not PREFIX.startswith(self._hello[: len(PREFIX)]):
            self.state, self._reassembly = State.OTHER, None
        elif len(self._hello) >= len(PREFIX):
            yield from self._open(now)
            yield from self._said(Piece(Sender.CLIENT, 0, self._hello), now)
            self._hello = b""

    def _said(self, piece: Piece, now: Moment) -> Iterator[Entry]:
        cutter = self._cutters[piece.sender]
        if piece.lost:
            cutter.lose(piece.lost)
        if not piece.data:
            return
        for entry in cutter.feed(now.at, piece.data, self._codec):
            if self._codec is None and isinstance(entry, Framed) and piece.sender is Sender.GATEWAY:
                self._codec = _codec(entry.payload)
            yield entry

    def _pass_over(self, segment: TcpSegment, now: Moment) -> Iterator[Entry]:
        sender = Sender.GATEWAY if segment.source == self._gateway else Sender.CLIENT
        top = self._tops.setdefault(sender, segment.sequence)
        ahead = (segment.sequence + segment.length - top) % 2**32
        if ahead < 2**31:
            self._sizes[sender] += ahead
            self._tops[sender] = (top + ahead) % 2**32
        if segment.flags & RST:
            yield from self._over(now, Change.RESET, sender)


def _after(sequence: int) -> int:
    """Return the sequence number after a SYN."""
    return (sequence + 1) % 2**32


def _codec(payload: bytes) -> Codec | None:
    try:
        reply = parse_version_reply(payload)
    except ProtocolError:
        return None
    return Codec(reply.server_version) if reply.server_version >= 0 else None
