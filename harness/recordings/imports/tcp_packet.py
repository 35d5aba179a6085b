"""Finds the TCP segment in a captured packet.

Layouts: tcpdump.org's list of link types; RFC 791, RFC 8200 and RFC 9293. A checksum is not compared: a packet that is
captured where it is sent has none yet.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from harness.recordings.imports.reading import CapturedPacket
from harness.wire.pcap import Flag

Endpoint = tuple[bytes, int]
"""Address and port."""

FIN, SYN, RST, _ACK = (int(flag) for flag in (Flag.FIN, Flag.SYN, Flag.RST, Flag.ACK))
"""As plain numbers: every packet is asked for them, and a flag takes ten times as long."""

_IPV4, _IPV6 = 0x0800, 0x86DD
_TAGGED = frozenset({0x8100, 0x88A8, 0x9100})
"""Types of an Ethernet frame whose real type comes four bytes later: VLANs."""

_MOST_TAGS = 4
_MOST_EXTENSIONS = 8
_TCP = 6
_EXTENSIONS = frozenset({0, 43, 60, 135})
"""Heads of IPv6 that say their length in units of eight bytes: hop by hop, routing, destination, mobility."""

_FLAGS = 0x17
_FAMILIES = {2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6}
"""AF_INET, and AF_INET6 of Linux, the BSDs and macOS."""

_ETHERNET, _NULL, _LOOP, _COOKED, _COOKED_2 = 1, 0, 108, 113, 276
_RAW = frozenset({12, 14, 101, 228, 229})


@dataclass(frozen=True, slots=True)
class TcpSegment:
    """What one packet says.

    Args:
        source: who sent it.
        target: to whom.
        sequence: number of its first byte.
        acknowledged: number of the next byte that its sender waits for; ``None`` if it says none.
        flags: of SYN, FIN and RST.
        data: what it carries, as far as it was captured.
        length: how many bytes it carries.
    """

    source: Endpoint
    target: Endpoint
    sequence: int
    acknowledged: int | None
    flags: int
    data: bytes
    length: int


def is_known_link(link: int) -> bool:
    """Whether packets of a link type can be read."""
    return link in {_ETHERNET, _NULL, _LOOP, _COOKED, _COOKED_2} or link in _RAW


def tcp_segment(packet: CapturedPacket) -> TcpSegment | None:
    """Return the segment in a packet; ``None`` if there is none, or only a part of its head."""
    try:
        kind, at = _network(packet.link, packet.data)
        if kind == _IPV4:
            return _ipv4(packet.data, at)
        return _ipv6(packet.data, at) if kind == _IPV6 else None
    except (struct.error, IndexError):
        return None


def _network(link: int, data: bytes) -> tuple[int, int]:
    """Return what protocol the network has, and where it begins."""
    if link == _ETHERNET:
        return _untagged(data, 12)
    if link == _COOKED:
        return _untagged(data, 14)
    if link == _COOKED_2:
        return struct.unpack_from(">H", data)[0], 20
    if link in _RAW:
        return (_IPV6 if data[0] >> 4 == 6 else _IPV4), 0  # noqa: PLR2004 - the version
    if link in {_NULL, _LOOP}:
        family = min(struct.unpack_from(f"{order}I", data)[0] for order in "<>")  # in the order of the capturing host
        return _FAMILIES.get(family, 0), 4
    return 0, 0


def _untagged(data: bytes, at: int) -> tuple[int, int]:
    for _ in range(_MOST_TAGS):
        (kind,) = struct.unpack_from(">H", data, at)
        at += 2
        if kind not in _TAGGED:
            return kind, at
        at += 2
    return 0, at


def _ipv4(data: bytes, at: int) -> TcpSegment | None:
    first, _, total, _, fragment, _, protocol, _, source, target = struct.unpack_from(">BBHHHBBH4s4s", data, at)
    head = (first & 0xF) * 4
    if first >> 4 != 4 or head < 20 or protocol != _TCP or fragment & 0x3FFF:  # noqa: PLR2004 - as in RFC 791
        return None
    end = at + total if total else len(data)  # 0 where the network card was to cut it
    return _tcp(data, at + head, end, source, target)


def _ipv6(data: bytes, at: int) -> TcpSegment | None:
    first, length, kind, _, source, target = struct.unpack_from(">IHBB16s16s", data, at)
    if first >> 28 != 6:  # noqa: PLR2004 - the version
        return None
    end = at + 40 + length if length else len(data)
    at += 40
    for _ in range(_MOST_EXTENSIONS):
        if kind == _TCP:
            return _tcp(data, at, end, source, target)
        if kind not in _EXTENSIONS:
            return None
        kind, units = data[at], data[at + 1]
        at += (units + 1) * 8
    return None


def _tcp(data: bytes, at: int, end: int, source: bytes, target: bytes) -> TcpSegment | None:
    from_port, to_port, sequence, acknowledged, words, flags = struct.unpack_from(">HHIIBB", data, at)
    start = at + (words >> 4) * 4
    if start < at + 20 or start > end:
        return None
    return TcpSegment(
        (source, from_port),
        (target, to_port),
        sequence,
        acknowledged if flags & _ACK else None,
        flags & _FLAGS,
        data[start:end],
        end - start,
    )
