"""Finds where frames begin in a stream, without keeping any of it: quick enough for every byte that passes."""

from __future__ import annotations

import struct

from harness.wire.framing import MAX_FRAME
from harness.wire.hello import PREFIX
from harness.wire.message import Sender

_LENGTH = struct.Struct(">I")


class FrameStarts:
    """Follows one side of a connection.

    Args:
        sender: which side; a client's hello counts as a frame, once what is before its length has passed.
    """

    def __init__(self, sender: Sender) -> None:
        self._left = len(PREFIX) if sender is Sender.CLIENT else 0
        self._head = b""
        self.is_lost = False
        """Whether a length was found that no frame has: nobody knows where the next one begins."""

    @property
    def is_between(self) -> bool:
        """Whether a frame begins with the next byte."""
        return not (self._left or self._head or self.is_lost)

    def follow(self, data: bytes) -> list[int]:
        """Take the next bytes; return at which of them frames begin.

        One whose length began in earlier bytes is not among them.
        """
        if self.is_lost:
            return []
        place = self._after_head(data) if self._head else self._left
        end, starts = len(data), list[int]()
        unpack, size_of_length = _LENGTH.unpack_from, _LENGTH.size
        while place + size_of_length <= end:
            (size,) = unpack(data, place)
            if not 0 < size <= MAX_FRAME:
                self.is_lost = True
                return starts
            starts.append(place)
            place += size_of_length + size
        self._left = max(0, place - end)
        if place < end:
            starts.append(place)
            self._head = data[place:]
        return starts

    def _after_head(self, data: bytes) -> int:
        """Complete a length of which the beginning came before; return where its frame ends."""
        missing = _LENGTH.size - len(self._head)
        head, self._head = self._head + data[:missing], b""
        if len(head) < _LENGTH.size:
            self._head = head
            return len(data)
        size = int.from_bytes(head)
        if not 0 < size <= MAX_FRAME:
            self.is_lost = True
            return len(data)
        return missing + size
