"""Keeps what a simulated gateway hears and says, for the digest of what its clients asked."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut, Transcript

MOST_BYTES = 8 * 2**20
"""Bytes of each connection and direction that are kept: a program may stream for days, and they are read at the end."""


class Overheard:
    """A transcript that grows."""

    def __init__(self) -> None:
        self._began, self._moment = time.monotonic(), datetime.now(UTC)
        self._entries: list[Entry] = []
        self._kept: dict[tuple[int, Sender], int] = {}

    def hear(self, connection: int, sender: Sender, data: bytes) -> None:
        """Take what was said; what is too much is counted once, and then no more."""
        at, key = time.monotonic() - self._began, (connection, sender)
        before = self._kept.get(key, 0)
        if not any(number == connection for number, _ in self._kept):
            self._entries.append(Event(at=at, connection=connection, change=Change.OPENED))
        if before > MOST_BYTES:
            return
        self._kept[key] = before + len(data)
        if self._kept[key] > MOST_BYTES:
            self._entries.append(LeftOut(at=at, connection=connection, sender=sender, count=len(data)))
        else:
            self._entries.append(Chunk(at=at, connection=connection, sender=sender, data=data))

    @property
    def transcript(self) -> Transcript:
        """All that was kept so far."""
        return Transcript(began=self._moment, listened=("", 0), gateway=("", 0), entries=tuple(self._entries))
