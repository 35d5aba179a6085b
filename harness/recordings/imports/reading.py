"""Reads a capture file piece by piece, with limits, and says where in it something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness.shared.errors import InputError

MOST_PACKET = 2**20
"""Bytes of the longest packet or block that is read: a packet of a loopback device has 64 KiB."""

_AT_ONCE = 2**20


@dataclass(frozen=True, slots=True)
class CapturedPacket:
    """A packet as it was captured.

    Args:
        at: when, in seconds since 1970; ``None`` if the file does not say.
        link: how its head is written, by the number of the link type.
        data: its bytes, as far as they were captured.
    """

    at: float | None
    link: int
    data: bytes


class CaptureReader:
    """A capture file that is read from its beginning to its end.

    Args:
        file: its name.
        opened: the file.
    """

    def __init__(self, file: Path, opened: BinaryIO) -> None:
        self._file = file
        self._opened = opened
        self._kept = b""
        self._next = 0
        self.packet = 0
        """The number of the packet that is read, for errors; the first is 1."""

    def peek(self, count: int) -> bytes:
        """Return the next bytes, or what is left, and leave them to be read."""
        self._need(count)
        return self._kept[self._next : self._next + count]

    def take(self, count: int) -> bytes:
        """Return the next bytes, or what is left.

        Raises:
            InputError: the file cannot be read.
        """
        self._need(count)
        start = self._next
        self._next = min(start + count, len(self._kept))
        return self._kept[start : self._next]

    def skip(self, count: int) -> bool:
        """Pass over bytes, as many as may be; return whether they were there."""
        while count > 0:
            passed = len(self.take(min(count, _AT_ONCE)))
            if not passed:
                return False
            count -= passed
        return True

    def _need(self, count: int) -> None:
        missing = count - (len(self._kept) - self._next)
        if missing <= 0:
            return
        try:
            more = self._opened.read(max(missing, _AT_ONCE))
        except OSError as error:
            raise InputError(f"{self._file}: cannot be read: {error.strerror or error}") from None
        self._kept = self._kept[self._next :] + more
        self._next = 0

    def wrong(self, why: str) -> InputError:
        """Return the error that says what is wrong, and after which packet."""
        place = f"after packet {self.packet:,}" if self.packet else "at its beginning"
        return InputError(f"{self._file}: is not as captures are: {place} {why}")
