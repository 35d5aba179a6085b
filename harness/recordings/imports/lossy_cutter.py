"""Cuts one side's bytes into messages though some are missing, which a recording's proxy never has to.

Where a message begins after a gap, nobody says. So it must be the beginning of a packet, and a row of messages must
follow from there that can all be read. Until then everything is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from harness.recordings.cutting import Cutter
from harness.recordings.recording import Entry, Omitted
from harness.wire.codec import Codec
from harness.wire.framing import MAX_FRAME
from harness.wire.message import Message, Sender
from harness.wire.wire_errors import ProtocolError

LOST = "packets of it are not in the capture"

IN_A_ROW = 3
"""Messages that must be readable: by chance, inside of another message, hardly one is."""

_MOST_BEGINNINGS = 64
_MOST_KEPT = 2 * MAX_FRAME
_LENGTH = struct.Struct(">I")


@dataclass(slots=True)
class _Beginning:
    """Where a message may begin; ``next`` is where the one after those that were read does."""

    start: int
    next: int
    read: int = 0


class _Search:
    """Looks for the beginning of a message after a gap.

    Args:
        sender: whose messages they are.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._kept = bytearray()
        self._beginnings: list[_Beginning] = []
        self._hopeless = False
        self.passed = 0
        """Bytes that were lost or passed over, without those kept."""

    @property
    def size(self) -> int:
        """All bytes since the gap began."""
        return self.passed + len(self._kept)

    @property
    def kept(self) -> int:
        """Bytes in which a message may begin."""
        return len(self._kept)

    def lose(self, count: int) -> None:
        """Begin again, after a gap."""
        self.passed += count + len(self._kept)
        self._kept.clear()
        self._beginnings.clear()

    def feed(self, data: bytes, codec: Codec | None) -> bytes | None:
        """Take the next packet; return all from the beginning of a message on, once one is certain."""
        if codec is None or self._hopeless or len(self._kept) + len(data) > _MOST_KEPT:
            self._hopeless = self._hopeless or codec is not None
            self.lose(len(data))
            return None
        if len(self._beginnings) < _MOST_BEGINNINGS:
            self._beginnings.append(_Beginning(len(self._kept), len(self._kept)))
        self._kept += data
        self._beginnings = [each for each in self._beginnings if self._may_be(each, codec)]
        certain = next((each for each in self._beginnings if each.read >= IN_A_ROW), None)
        if certain is None:
            if not self._beginnings:
                self.lose(0)
            return None
        self.passed += certain.start
        return bytes(self._kept[certain.start :])

    def _may_be(self, beginning: _Beginning, codec: Codec) -> bool:
        while beginning.read < IN_A_ROW and beginning.next + _LENGTH.size <= len(self._kept):
            (length,) = _LENGTH.unpack_from(self._kept, beginning.next)
            start = beginning.next + _LENGTH.size
            if not 0 < length <= MAX_FRAME:
                return False
            if start + length > len(self._kept):
                return True
            if not self._is_message(bytes(self._kept[start : start + length]), codec):
                return False
            beginning.next, beginning.read = start + length, beginning.read + 1
        return True

    def _is_message(self, payload: bytes, codec: Codec) -> bool:
        try:
            return isinstance(codec.decode(payload, self._sender), Message)
        except ProtocolError:
            return False


class LossyCutter:
    """Cuts one side of one connection.

    Args:
        connection: its number.
        sender: which side.
    """

    def __init__(self, connection: int, sender: Sender) -> None:
        self._connection = connection
        self._sender = sender
        self._cutter = Cutter(connection, sender)
        self._search: _Search | None = None

    @property
    def held(self) -> int:
        """How many bytes are kept until it is certain where a message begins."""
        return 0 if self._search is None else self._search.kept

    def lose(self, count: int) -> None:
        """Take that bytes are missing here."""
        if self._search is None:
            self._search = _Search(self._sender)
        self._search.lose(count)

    def feed(self, at: float, data: bytes, codec: Codec | None) -> Iterator[Entry]:
        """Take the next bytes, of one packet; yield what they complete.

        Args:
            at: when they came.
            data: the bytes.
            codec: reads the messages of the connection, as soon as its version is known.
        """
        if self._search is None:
            yield from self._cutter.feed(at, data)
            return
        rest = self._search.feed(data, codec)
        if rest is not None:
            yield self._lost(at, self._search.passed)
            self._search = None
            yield from self._cutter.feed(at, rest)

    def end(self, at: float) -> Iterator[Entry]:
        """Yield what is left, and was never whole."""
        if self._search is not None:
            yield self._lost(at, self._search.size)
            self._search = None
        yield from self._cutter.end(at)

    def _lost(self, at: float, size: int) -> Omitted:
        return self._cutter.skip(Omitted(at=at, connection=self._connection, sender=self._sender, size=size, why=LOST))
