"""Defines what the proxy tells the process that writes: a kind, a length, and that many bytes, one after the other."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from harness.recordings.entry_lines import from_line, to_line
from harness.recordings.recording import Entry
from harness.wire.message import Sender
from harness.wire.transcript import Chunk

_HEAD = struct.Struct("<BI")
_CHUNK = struct.Struct("<dIB")
_BOTH = struct.Struct("<BIdIB")
_SENDERS = tuple(Sender)


class _Kind(IntEnum):
    CHUNK = 0
    ENTRY = 1
    SKIPPED = 2


@dataclass(frozen=True, slots=True)
class Skipped:
    """Messages that the proxy could not tell, because the process did not follow; what comes next begins one."""

    entry: Entry


Told = Chunk | Entry | Skipped


def encode(told: Told) -> bytes:
    """Return the bytes to write."""
    match told:
        case Chunk():
            size, sender = _CHUNK.size + len(told.data), _SENDERS.index(told.sender)
            return _BOTH.pack(_Kind.CHUNK, size, told.at, told.connection, sender) + told.data  # one copy of the bytes
        case Skipped():
            kind, body = _Kind.SKIPPED, to_line(told.entry)
        case _:
            kind, body = _Kind.ENTRY, to_line(told)
    return _HEAD.pack(kind, len(body)) + body


class Decoder:
    """Reads what was told, whatever way the bytes were split."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Told]:
        """Take the next bytes; yield what they complete."""
        self._buffer += data
        place = 0
        while len(self._buffer) - place >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._buffer, place)
            start = place + _HEAD.size
            if len(self._buffer) - start < length:
                break
            place = start + length
            yield _told(kind, bytes(self._buffer[start:place]))
        del self._buffer[:place]


def _told(kind: int, body: bytes) -> Told:
    if kind == _Kind.CHUNK:
        at, connection, sender = _CHUNK.unpack_from(body)
        return Chunk(at=at, connection=connection, sender=_SENDERS[sender], data=body[_CHUNK.size :])
    entry = from_line(body)
    return Skipped(entry) if kind == _Kind.SKIPPED else entry
