"""Writes a transcript as a classic pcap file, for Wireshark and similar tools.

A tap sees bytes, not packets, so the packets are made up: documentation addresses for the two sides (RFC 5737), and
sequence numbers, acknowledgements and checksums as TCP would have them. Layout of the file: the libpcap project's
``pcap-savefile`` manual page; of the packets: RFC 791 and RFC 9293.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag

from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut, Leg, Passed, Transcript

ADDRESSES = {Sender.CLIENT: bytes((192, 0, 2, 1)), Sender.GATEWAY: bytes((192, 0, 2, 2))}
HARDWARE = {Sender.CLIENT: bytes((2, 0, 0, 0, 0, 1)), Sender.GATEWAY: bytes((2, 0, 0, 0, 0, 2))}
"""Locally administered, so nobody's."""

_MAGIC = 0xA1B2C3D4
_VERSION = (2, 4)
_ETHERNET = 1
_SNAP_LENGTH = 0x40000
_ETHERTYPE_IPV4 = 0x0800
_TCP = 6
_HOPS = 64
_WINDOW = 65535
_IP_HEADER = 20
_TCP_WORDS = 5
_MICROSECONDS = 1_000_000


def as_pcap(transcript: Transcript) -> bytes:
    """Return the bytes of a pcap file; account numbers are in it as they were sent."""
    header = struct.pack("<IHHiIII", _MAGIC, *_VERSION, 0, 0, _SNAP_LENGTH, _ETHERNET)
    return header + b"".join(_records(transcript))


def _records(transcript: Transcript) -> Iterator[bytes]:
    began = round(transcript.began.timestamp() * _MICROSECONDS)
    for number, segment in enumerate(segments(transcript)):
        packet = _packet(segment, number)
        moment = max(0, began + round(segment.at * _MICROSECONDS))
        seconds, rest = divmod(moment, _MICROSECONDS)
        yield struct.pack("<IIII", seconds & 0xFFFFFFFF, rest, len(packet), len(packet)) + packet


def _packet(segment: Segment, number: int) -> bytes:
    sender, receiver = segment.sender, segment.receiver
    ethernet = HARDWARE[receiver] + HARDWARE[sender] + struct.pack(">H", _ETHERTYPE_IPV4)
    tcp = _tcp(segment)
    return ethernet + _ip(ADDRESSES[sender], ADDRESSES[receiver], number, len(tcp)) + tcp


def _ip(source: bytes, target: bytes, number: int, length: int) -> bytes:
    def header(checksum: int) -> bytes:
        fields = (0x45, 0, _IP_HEADER + length, number & 0xFFFF, 0x4000, _HOPS, _TCP, checksum)
        return struct.pack(">BBHHHBBH", *fields) + source + target

    return header(_checksum(header(0)))


def _tcp(segment: Segment) -> bytes:
    def header(checksum: int) -> bytes:
        fields = (segment.port, segment.to_port, segment.sequence, segment.acknowledged)
        return struct.pack(">HHIIBBHHH", *fields, _TCP_WORDS << 4, segment.flags, _WINDOW, checksum, 0)

    addresses = ADDRESSES[segment.sender] + ADDRESSES[segment.receiver]
    whole = header(0) + segment.data
    return header(_checksum(addresses + struct.pack(">BBH", 0, _TCP, len(whole)) + whole)) + segment.data


def _checksum(data: bytes) -> int:
    """Return the checksum of RFC 1071: the complement of the ones' complement sum of 16-bit words."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


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
        """Its receiver."""
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
    """Both sides' sequence numbers: for each, the number of the next byte that it will send."""

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
