"""Reads capture files of blocks, ``.pcapng``, as Wireshark and dumpcap write them.

Of names of hosts, interfaces and programs, and of comments, which such files may have, nothing is read. Layout:
draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from harness.recordings.imports.reading import MOST_PACKET, CapturedPacket, CaptureReader

SECTION = b"\x0a\x0d\x0d\x0a"
"""The type of the block that begins a section, the same in both byte orders."""

MOST_INTERFACES = 10_000

_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_SECTION = 0x0A0D0D0A
_INTERFACE = 1
_OLD_PACKET = 2
_SIMPLE_PACKET = 3
_PACKET = 6
_READ = frozenset({_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET})

_HEAD = 8
_TAIL = 4
_MAJOR = 1

_END_OF_OPTIONS = 0
_RESOLUTION = 9
_OFFSET = 14
_WHOLE_SECONDS = 8
_BINARY = 0x80
_MOST_DIGITS = 18
_MOST_BITS = 60


@dataclass(frozen=True, slots=True)
class _Interface:
    link: int
    longest: int
    unit: float = 1e-6
    offset: int = 0


class _Blocks:
    """The blocks of a file: each section has its own byte order and interfaces."""

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._order = "<"
        self._interfaces: list[_Interface] = []

    def packets(self) -> Iterator[CapturedPacket]:
        while (block := self._next()) is not None:
            kind, body = block
            if kind == _SECTION:
                self._section(body)
            elif kind == _INTERFACE:
                self._interface(body)
            else:
                packet = self._packet(kind, body)
                self._reader.packet += 1
                yield packet

    def _next(self) -> tuple[int, bytes] | None:
        """Return type and body of the next block that is read, or ``None`` if there is no whole one."""
        reader = self._reader
        while len(head := reader.peek(_HEAD + _TAIL)) == _HEAD + _TAIL:
            if head[:4] == SECTION:
                self._order = self._order_of(head[_HEAD:])
            kind, length = struct.unpack_from(f"{self._order}II", head)
            if length < _HEAD + _TAIL or length % 4:
                raise reader.wrong(f"comes a block that claims to have {length:,} bytes")
            if kind not in _READ:
                if not reader.skip(length):
                    return None
                continue
            if length > MOST_PACKET:
                raise reader.wrong(f"comes a block that claims to have {length:,} bytes")
            block = reader.take(length)
            if len(block) < length:
                return None
            if struct.unpack_from(f"{self._order}I", block, length - _TAIL)[0] != length:
                raise reader.wrong("comes a block that says two lengths")
            return kind, block[_HEAD:-_TAIL]
        return None

    def _order_of(self, mark: bytes) -> str:
        if mark not in _ORDERS:
            raise self._reader.wrong("comes a section in no byte order")
        return _ORDERS[mark]

    def _unpack(self, layout: str, body: bytes) -> tuple[int, ...]:
        whole = struct.Struct(self._order + layout)
        if len(body) < whole.size:
            raise self._reader.wrong("comes a block that is too short")
        return whole.unpack_from(body)

    def _section(self, body: bytes) -> None:
        _, major, minor = self._unpack("IHH", body)
        if major != _MAJOR:
            raise self._reader.wrong(f"comes a section of version {major}.{minor}")
        self._interfaces.clear()

    def _interface(self, body: bytes) -> None:
        if len(self._interfaces) >= MOST_INTERFACES:
            raise self._reader.wrong(f"comes one of more than {MOST_INTERFACES:,} interfaces")
        link, _, longest = self._unpack("HHI", body)
        unit, offset = 1e-6, 0
        for code, value in self._options(body[8:]):
            if code == _RESOLUTION and len(value) == 1:
                unit = self._unit(value[0])
            elif code == _OFFSET and len(value) == _WHOLE_SECONDS:
                (offset,) = struct.unpack(f"{self._order}q", value)
        self._interfaces.append(_Interface(link, longest, unit, offset))

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 4 <= len(data):
            code, length = struct.unpack_from(f"{self._order}HH", data, at)
            if code == _END_OF_OPTIONS:
                return
            yield code, data[at + 4 : at + 4 + length]
            at += 4 + (length + 3) // 4 * 4

    def _unit(self, resolution: int) -> float:
        if resolution & _BINARY and resolution & ~_BINARY <= _MOST_BITS:
            return float(2.0 ** -(resolution & ~_BINARY))
        if resolution <= _MOST_DIGITS:
            return float(10.0**-resolution)
        raise self._reader.wrong(f"comes an interface with times of an impossible unit ({resolution})")

    def _packet(self, kind: int, body: bytes) -> CapturedPacket:
        if kind == _SIMPLE_PACKET:
            (length,) = self._unpack("I", body)
            interface = self._of(0)
            return self._captured(None, interface, body[4:], min(length, interface.longest or length, len(body) - 4))
        if kind == _OLD_PACKET:
            number, _, high, low, length, _ = self._unpack("HHIIII", body)
        else:
            number, high, low, length, _ = self._unpack("IIIII", body)
        interface = self._of(number)
        at = ((high << 32) | low) * interface.unit + interface.offset
        return self._captured(at, interface, body[20:], length)

    def _of(self, number: int) -> _Interface:
        if number >= len(self._interfaces):
            raise self._reader.wrong(f"comes one of interface {number}, which was not described")
        return self._interfaces[number]

    def _captured(self, at: float | None, interface: _Interface, data: bytes, length: int) -> CapturedPacket:
        if length > len(data):
            raise self._reader.wrong(f"comes one that claims to have {length:,} bytes, in a block of {len(data):,}")
        return CapturedPacket(at, interface.link, data[:length])


def block_packets(reader: CaptureReader) -> Iterator[CapturedPacket]:
    """Yield the packets of a file of blocks.

    Raises:
        InputError: it is not as such files are.
    """
    return _Blocks(reader).packets()
