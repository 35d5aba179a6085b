"""Indexes what a gateway sent after the transcript was full: which messages, for which request, how many and when.

The index cuts the stream into frames as it passes and reads the head of each. Messages that may decide something are
kept one by one, and complete if they are short: those that end an answer, errors, and what a client needs to be ready.
Everything else is counted by kind and request. So the index takes little time and memory, however much arrives; if it
would take more, it says that it is incomplete, and nothing may be decided by it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from harness.wire.catalogue import MessageType, catalogue
from harness.wire.codec import Codec
from harness.wire.framing import MAX_FRAME
from harness.wire.hello import parse_version_reply
from harness.wire.message import Encoding, Sender, UnknownMessage
from harness.wire.transcript import Passed
from harness.wire.wire_errors import ProtocolError

MOST = 10_000
"""Most messages that are listed one by one, and most kinds of others that are counted."""

SHORT = 4096
"""Bytes of the longest message that is kept."""

ROOM = 2**20
"""Bytes of messages that are kept at most."""

NUMBERS = ("req_id", "order_id")
"""Fields that say which request or order a message is about."""

_LENGTH = struct.Struct(">I")
_FIRST_NUMBER = 0x08
"""As protobuf: what follows is field 1, a whole number."""


class Index:
    """Reads everything that a gateway sends on one connection, and reports what was not kept."""

    def __init__(self, connection: int) -> None:
        self._connection = connection
        self._size: int | None = None
        self._came = 0
        self._head = bytearray()
        self._codec: Codec | None = None
        self._single: list[Passed] = []
        self._counted: dict[tuple[int, int | None], _Count] = {}
        self._room = ROOM
        self.whole = True
        """Whether it reports every message."""
        self._in_frames = True
        self.bytes = 0
        """How many came."""
        self.messages = 0
        """How many were counted; those of a stream without valid frames are not."""

    def passed(self) -> Iterator[Passed]:
        """Yield what was not kept: each message that may decide, then how often each other one came."""
        yield from self._single
        for (kind, number), count in self._counted.items():
            known = Passed(at=count.at, connection=self._connection, kind=kind, size=count.size)
            yield replace(known, number=number, count=count.count)

    def hear(self, at: float, data: bytes, *, kept: bool) -> None:
        """Take the next bytes; a message whose last byte was not ``kept`` is reported."""
        place, end = 0, len(data)
        self.bytes += end
        try:
            while place < end and self._in_frames:
                if self._size is None:
                    place += self._length(data, place)
                    continue
                took = min(self._size - self._came, end - place)
                self._head += data[place : place + min(took, SHORT - len(self._head))]
                place += took
                self._came += took
                if self._came == self._size:
                    self._message(at, bytes(self._head), self._size, kept=kept)
                    self._size, self._came = None, 0
                    self._head.clear()
        except ProtocolError:
            self.whole = self._in_frames = False

    def _length(self, data: bytes, place: int) -> int:
        """Take what of a frame's length is there; returns how many bytes that are."""
        took = data[place : place + _LENGTH.size - len(self._head)]
        self._head += took
        if len(self._head) == _LENGTH.size:
            (size,) = _LENGTH.unpack(self._head)
            if not 0 < size <= MAX_FRAME:
                raise ProtocolError(f"{size} is not a valid frame length", offset=0)
            self._size = size
            self._head.clear()
        return len(took)

    def _message(self, at: float, head: bytes, size: int, *, kept: bool) -> None:
        self.messages += 1
        if self._codec is None:
            self._codec = Codec(parse_version_reply(head).server_version)
        elif not kept and self.whole:
            self._note(at, head, size, self._codec)

    def _note(self, at: float, head: bytes, size: int, codec: Codec) -> None:
        read = codec.decode(head, Sender.GATEWAY, only=frozenset())
        assert isinstance(read, UnknownMessage)  # noqa: S101 - none is read
        kind = catalogue().by_id.get((Sender.GATEWAY, read.id))
        number = None if kind is None else number_of(kind, read.encoding, read.body, codec.server_version)
        if kind is not None and kind.name in _deciding():
            message = Passed(at=at, connection=self._connection, kind=read.id, number=number, size=size)
            self._tell(message, head, must_be_read=kind.name in _TO_BE_READ)
            return
        count = self._counted.setdefault((read.id, number), _Count())
        count.at, count.count, count.size = at, count.count + 1, count.size + size
        self.whole = len(self._counted) <= MOST

    def _tell(self, message: Passed, head: bytes, *, must_be_read: bool) -> None:
        if len(head) == message.size and message.size <= self._room:
            self._room -= message.size
            message = replace(message, payload=head)
        elif must_be_read:
            self.whole = False
        self._single.append(message)
        self.whole = self.whole and len(self._single) <= MOST


@dataclass(slots=True)
class _Count:
    """How many came, of how many bytes, and when the last one did."""

    at: float = 0.0
    count: int = 0
    size: int = 0


def number_of(kind: MessageType, encoding: Encoding, body: bytes, server_version: int) -> int | None:
    """Read the id of the request or order from the beginning of a message; None if it has none.

    Raises:
        ProtocolError: it cannot be found there.
    """
    place = place_of_number(kind.name, server_version)
    if place is None:
        return None
    if encoding is Encoding.PROTOBUF:
        return _first_number(body)
    try:
        *fields, _ = body.split(b"\0", place + 1)  # each ends with a NUL
        return int(fields[place])
    except (IndexError, ValueError):
        raise ProtocolError(f"{kind.name} has no number", offset=0, data=body) from None


@cache
def place_of_number(name: str, server_version: int) -> int | None:
    """Return the position of the id among the text fields; a field that is never text comes last. None: no id."""
    kind = catalogue().by_name[name]
    field = next((each for each in kind.fields if each.name in NUMBERS and each.path == (1,)), None)
    if field is None:
        return None
    there = [each for each in kind.fields if each.in_text_at(server_version)]
    return there.index(field) if field in there else len(there)


def _first_number(body: bytes) -> int:
    """Read field 1 of a protobuf message; what is not written is 0."""
    if not body or body[0] != _FIRST_NUMBER:
        return 0
    number = 0
    for place, byte in enumerate(body[1:11]):
        number |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return number - 2**64 if number >> 63 else number
    raise ProtocolError("a number does not end", offset=1, data=body)


_TO_BE_READ = frozenset({"error", "managed_accounts", "next_valid_id"})
"""What these say decides, not only that they came."""


@cache
def _deciding() -> frozenset[str]:
    ends = (end.name for kind in catalogue().by_id.values() for end in kind.ends)
    return _TO_BE_READ.union(ends)
