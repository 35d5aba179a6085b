"""Keeps what a program writes: the beginning and the end, however much it is."""

from __future__ import annotations

import os
import threading
from collections import deque
from types import TracebackType
from typing import Self

KEPT = 64 * 1024
"""Bytes that are kept of the beginning, and again of the end."""

_READ = 16 * 1024
_JOIN_SECONDS = 1.0


class Output:
    """A context with a pipe that is read all the time, so that a program never waits for us.

    A process that the program left behind may hold the pipe open. So a thread reads it, which nobody has to wait for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._beginning = bytearray()
        self._end: deque[bytes] = deque()
        self._length = self._read = 0
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
        room = KEPT - len(self._beginning)
        self._beginning += data[:room]
        self._read += len(data)
        if rest := data[room:]:
            self._end.append(rest)
            self._length += len(rest)
        while self._end and self._length - len(self._end[0]) >= KEPT:
            self._length -= len(self._end.popleft())

    @property
    def text(self) -> str:
        """What was kept so far."""
        with self._lock:
            missing = self._read - len(self._beginning) - self._length
            gap = f"\n… {missing:,} bytes …\n" if missing else ""
            return self._beginning.decode(errors="replace") + gap + b"".join(self._end).decode(errors="replace")
