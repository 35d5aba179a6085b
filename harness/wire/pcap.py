"""A transcript as a classic pcap file, for Wireshark and its like.

A tap sees bytes, not packets, so the packets are made up: documentation addresses for the two sides (RFC 5737), and
sequence numbers, acknowledgements and checksums as TCP would have them. Layout of the file: the libpcap project's
``pcap-savefile`` manual page; of the packets: RFC 791 and RFC 9293.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from harness.wire.message import Sender
from harness.wire.segments import Segment, segments
from harness.wire.transcript import Transcript

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
