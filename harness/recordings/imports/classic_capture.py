"""Reads classic capture files, ``.pcap``, as tcpdump and this project write them.

Layout: the libpcap project's ``pcap-savefile`` manual page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from harness.recordings.imports.reading import MOST_PACKET, CapturedPacket, CaptureReader

MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}
"""The first bytes of a file: its byte order, and the unit of the fractions of its times."""

_MAJOR = 2
_LINK = 0xFFFF
"""The upper bits say how long the check sequence of a frame is."""


def classic_packets(reader: CaptureReader) -> Iterator[CapturedPacket]:
    """Yield the packets of a classic file.

    Raises:
        InputError: it is not as such files are.
    """
    order, unit = MAGICS[reader.take(4)]
    head = struct.Struct(f"{order}HHiIII")
    data = reader.take(head.size)
    if len(data) < head.size:
        raise reader.wrong("its head is cut off")
    major, minor, _, _, _, link = head.unpack(data)
    if major != _MAJOR:
        raise reader.wrong(f"it says that it is of version {major}.{minor}")
    yield from _records(reader, struct.Struct(f"{order}IIII"), unit, link & _LINK)


def _records(reader: CaptureReader, head: struct.Struct, unit: float, link: int) -> Iterator[CapturedPacket]:
    while len(data := reader.take(head.size)) == head.size:
        seconds, fraction, length, _ = head.unpack(data)
        if length > MOST_PACKET:
            raise reader.wrong(f"comes one that claims to have {length:,} bytes")
        packet = reader.take(length)
        if len(packet) < length:
            return
        reader.packet += 1
        yield CapturedPacket(seconds + fraction * unit, link, packet)
