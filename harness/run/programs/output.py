"""Keeps what a program writes: the beginning and the end, however much it is."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Self

KEPT = 64 * 1024
"""Bytes that are kept of the beginning, and again of the end."""

_READ = 16 * 1024
_JOIN_SECONDS = 1.0

_Part = tuple[float, bytes]
"""What was read at once, and when."""


class Output:
    """A context with a pipe that is read all the time, so that a program never waits for us.

    A process that the program left behind may hold the pipe open. So a thread reads it, which nobody has to wait for.

    Args:
        mark: a text that is looked for in all that is written; none if it is empty.
    """

    def __init__(self, mark: str = "") -> None:
        self._lock = threading.Lock()
        self._mark, self._tail = mark.encode(), b""
        self._marked_at: float | None = None
        self._beginning: list[_Part] = []
        self._end: deque[_Part] = deque()
        self._room, self._length, self._read = KEPT, 0, 0
        self._from, self.to = os.pipe()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.written()

    def started(self) -> None:
        """Leave the pipe to the program, which has it by now."""
        if self.to >= 0:
            os.close(self.to)
            self.to = -1

    def written(self) -> None:
        """Wait until all is read that a program wrote which is over."""
        self.started()
        self._thread.join(_JOIN_SECONDS)

    def _keep(self) -> None:
        try:
            while data := os.read(self._from, _READ):
                with self._lock:
                    self._take(data)
        finally:
            os.close(self._from)

    def _take(self, data: bytes) -> None:
        now = time.monotonic()
        self._look(data, now)
        self._read += len(data)
        first, rest = data[: self._room], data[self._room :]
        self._room -= len(first)
        if first:
            self._beginning.append((now, first))
        if rest:
            self._end.append((now, rest))
            self._length += len(rest)
        while self._end and self._length - len(self._end[0][1]) >= KEPT:
            self._length -= len(self._end.popleft()[1])

    def _look(self, data: bytes, now: float) -> None:
        """Look for the mark, which may have come in two parts."""
        if self._mark and self._marked_at is None:
            self._tail += data
            if self._mark in self._tail:
                self._marked_at = now
            self._tail = self._tail[-len(self._mark) :]

    @property
    def marked_at(self) -> float | None:
        """When the mark was read, as ``time.monotonic`` has it; ``None`` if it was not."""
        with self._lock:
            return self._marked_at

    @property
    def text(self) -> str:
        """What was kept so far."""
        return self.until(time.monotonic())

    def until(self, moment: float) -> str:
        """Return what is kept of what was read until a moment, as ``time.monotonic`` has it."""
        with self._lock:
            missing = self._read - KEPT + self._room - self._length
            beginning, end = (_joined(parts, moment) for parts in (self._beginning, self._end))
        gap = f"\n… {missing:,} bytes …\n" if missing and end else ""
        return beginning.decode(errors="replace") + gap + end.decode(errors="replace")


def _joined(parts: Iterable[_Part], moment: float) -> bytes:
    return b"".join(data for at, data in parts if at <= moment)
