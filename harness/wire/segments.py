"""A transcript as the TCP segments that could have carried it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag

from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut, Leg, Passed, Transcript

LARGEST = 1460
"""Most bytes in a segment: an Ethernet frame's 1500 without the headers."""

_FIRST_PORT = 49152
"""Clients' ports begin here, as RFC 6335 has it."""

_PORTS = 65536 - _FIRST_PORT
_MODULUS = 2**32


class Flag(IntFlag):
    """The flags of a TCP header."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One TCP segment; ``at`` is seconds since the tap opened."""

    at: float
    sender: Sender
    port: int
    to_port: int
    sequence: int
    acknowledged: int
    flags: Flag
    data: bytes = b""

    @property
    def receiver(self) -> Sender:
        """Who it goes to."""
        return _other(self.sender)


def _other(side: Sender) -> Sender:
    return Sender.GATEWAY if side is Sender.CLIENT else Sender.CLIENT


def segments(transcript: Transcript) -> Iterator[Segment]:
    """Yield the segments, in the order of the transcript.

    Bytes that were not kept are a gap in the sequence numbers, as after packets that a capture dropped.
    """
    connections: dict[int, _Connection] = {}
    for entry in transcript.entries:
        number = entry.connection
        if number not in connections:
            connections[number] = _Connection(_FIRST_PORT + number % _PORTS, transcript.gateway[1])
        yield from connections[number].carry(entry)


class _Connection:
    """Both sides' sequence numbers; a side's is that of the next byte that it will send."""

    def __init__(self, client_port: int, gateway_port: int) -> None:
        self._ports = {Sender.CLIENT: client_port, Sender.GATEWAY: gateway_port}
        self._next = dict.fromkeys(Sender, 0)

    def carry(self, entry: Entry) -> Iterator[Segment]:
        match entry:
            case Chunk():
                yield from self._data(entry)
            case LeftOut():
                self._advance(entry.sender, entry.count)
                yield self._segment(entry.at, _other(entry.sender), Flag.ACK)
            case Event():
                yield from self._event(entry)
            case Passed() | Leg():
                pass  # the bytes of the one are among those left out; the other is what the tap measured

    def _data(self, chunk: Chunk) -> Iterator[Segment]:
        for start in range(0, len(chunk.data), LARGEST):
            part = chunk.data[start : start + LARGEST]
            last = start + LARGEST >= len(chunk.data)
            flags = Flag.ACK | Flag.PSH if last else Flag.ACK
            yield self._segment(chunk.at, chunk.sender, flags, part)
            yield self._segment(chunk.at, _other(chunk.sender), Flag.ACK)

    def _event(self, event: Event) -> Iterator[Segment]:
        match event:
            case Event(change=Change.OPENED):
                yield self._segment(event.at, Sender.CLIENT, Flag.SYN)
                yield self._segment(event.at, Sender.GATEWAY, Flag.SYN | Flag.ACK)
                yield self._segment(event.at, Sender.CLIENT, Flag.ACK)
            case Event(change=Change.REFUSED):
                yield self._segment(event.at, Sender.CLIENT, Flag.SYN)
                yield self._segment(event.at, Sender.GATEWAY, Flag.RST | Flag.ACK)
            case Event(change=Change.HALF_CLOSED, by=Sender() as side):
                yield self._segment(event.at, side, Flag.FIN | Flag.ACK)
                yield self._segment(event.at, _other(side), Flag.ACK)
            case Event(change=Change.RESET, by=Sender() as side):
                yield self._segment(event.at, side, Flag.RST | Flag.ACK)
            case _:
                pass  # that a connection is closed is the tap's view; on the wire there is nothing more

    def _segment(self, at: float, sender: Sender, flags: Flag, data: bytes = b"") -> Segment:
        segment = Segment(
            at=at,
            sender=sender,
            port=self._ports[sender],
            to_port=self._ports[_other(sender)],
            sequence=self._next[sender],
            acknowledged=self._next[_other(sender)] if Flag.ACK in flags else 0,
            flags=flags,
            data=data,
        )
        takes_room = len(data) + (1 if flags & (Flag.SYN | Flag.FIN) else 0)
        self._advance(sender, takes_room)
        return segment

    def _advance(self, sender: Sender, count: int) -> None:
        self._next[sender] = (self._next[sender] + count) % _MODULUS
