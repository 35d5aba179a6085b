"""Makes the entries of a recording of a capture file: of all its connections that speak the TWS socket API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from harness.recordings.entry_lines import MOST_SECONDS
from harness.recordings.imports.capture_file import packets
from harness.recordings.imports.captured_connection import CapturedConnection, State
from harness.recordings.imports.reading import CapturedPacket
from harness.recordings.imports.reassembly import Moment
from harness.recordings.imports.tcp_packet import Endpoint, TcpSegment, is_known_link, tcp_segment
from harness.recordings.recording import Entry
from harness.shared.errors import InputError

MOST_CONNECTIONS = 100_000
"""Connections of any kind that are followed at once."""

MOST_HELD = 256 * 2**20
"""Bytes of all connections that wait for others."""

_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()

Pair = frozenset[Endpoint]


@dataclass(slots=True)
class Seen:
    """What a capture had in it.

    Args:
        packets: how many packets.
        segments: how many of them were of TCP.
        others: connections that do not speak the TWS socket API, or whose beginning is not in the capture.
        links: link types that are not read.
    """

    packets: int = 0
    segments: int = 0
    others: int = 0
    links: set[int] = field(default_factory=set)


class Capture:
    """A capture file.

    Args:
        file: where it is.
        port: the gateway's; ``None`` to find connections by their hello alone.

    Raises:
        ResultsError, InputError: it cannot be read, or is none.
    """

    def __init__(self, file: Path, *, port: int | None = None) -> None:
        self._file = file
        self._port = port
        self._packets = packets(file)
        self._first = next(self._packets, None)
        self._numbers = count(1)
        self._connections: dict[Pair, CapturedConnection] = {}
        self._clock = 0.0
        self._began = self.began.timestamp()
        self._held = 0
        self.seen = Seen()

    @property
    def began(self) -> datetime:
        """When its first packet came."""
        at = None if self._first is None else self._first.at
        return datetime.fromtimestamp(min(max(at or 0.0, 0.0), _LAST), UTC)

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, in the order of time; ``at`` counts from :attr:`began`.

        Raises:
            InputError: the file is not as captures are, or has too many connections.
        """
        packet = self._first
        while packet is not None:
            segment = self._segment(packet)
            if segment is not None:
                yield from self._take(segment, self._now(packet))
            packet = next(self._packets, None)
        now = Moment(self.seen.packets, self._clock)
        for connection in self._connections.values():
            yield from self._end(connection, now)
        self._connections.clear()

    def _segment(self, packet: CapturedPacket) -> TcpSegment | None:
        self.seen.packets += 1
        if not is_known_link(packet.link):
            self.seen.links.add(packet.link)
        segment = tcp_segment(packet)
        if segment is None or (self._port is not None and not self._has_port(segment)):
            return None
        self.seen.segments += 1
        return segment

    def _has_port(self, segment: TcpSegment) -> bool:
        return self._port in {segment.source[1], segment.target[1]}

    def _now(self, packet: CapturedPacket) -> Moment:
        """Return when a packet came; clocks that go back, or too far, stand still."""
        if packet.at is not None:
            at = packet.at - self._began
            if self._clock < at < MOST_SECONDS:
                self._clock = at
        return Moment(self.seen.packets, self._clock)

    def _take(self, segment: TcpSegment, now: Moment) -> Iterator[Entry]:
        pair = frozenset((segment.source, segment.target))
        connection = self._connections.get(pair)
        if connection is not None and connection.is_another(segment):
            yield from self._end(self._connections.pop(pair), now)
            connection = None
        if connection is None:
            self._make_room()
            connection = self._connections[pair] = CapturedConnection(
                self._gateway(segment), lambda: next(self._numbers)
            )
        before = connection.held
        yield from connection.take(segment, now)
        self._held += connection.held - before
        if self._held > MOST_HELD:
            raise self._too_much(f"{MOST_HELD // 2**20} MiB that wait for packets which are not there")

    def _gateway(self, segment: TcpSegment) -> Endpoint | None:
        """Return the end with the gateway's port; ``None`` if none has, or both have."""
        ends = [end for end in (segment.source, segment.target) if end[1] == self._port]
        return ends[0] if len(ends) == 1 else None

    def _end(self, connection: CapturedConnection, now: Moment) -> Iterator[Entry]:
        self._held -= connection.held
        yield from connection.end(now)
        self.seen.others += connection.state is State.OTHER

    def _make_room(self) -> None:
        if len(self._connections) < MOST_CONNECTIONS:
            return
        for pair, connection in list(self._connections.items()):
            if connection.state in {State.OTHER, State.OVER}:
                self.seen.others += connection.state is State.OTHER
                del self._connections[pair]
        if len(self._connections) >= MOST_CONNECTIONS:
            raise self._too_much(f"{MOST_CONNECTIONS:,} connections at once")

    def _too_much(self, what: str) -> InputError:
        hint = "Keep the gateway's packets alone: tcpdump -r FILE -w OTHER tcp port 4002."
        return InputError(f"{self._file}: has more than {what}", hint=hint)
