"""Keeps what the clients of a gateway say and hear, for the digest of what they asked.

A program may stream for days, and all is read at the end. So there are limits, of a connection and of all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

from harness.programs.asked import Asked, KeptBack, asked_by
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut, Transcript

MOST_BYTES = 8 * 2**20
"""Bytes of each connection and direction that are kept."""

MOST_IN_ALL = 256 * 2**20
"""Bytes of memory after which nothing more is kept."""

_ENTRY_BYTES = 256
"""About what an entry takes besides its data."""

_OVER = frozenset({Change.RESET, Change.REFUSED, Change.CLOSED, Change.CUT_OFF, Change.HELD_BACK})


class Overheard:
    """A transcript that grows, and what was kept from the gateway.

    Args:
        most: bytes of memory after which nothing more is kept.
        clock: says what time it is, in seconds.
    """

    def __init__(self, most: int = MOST_IN_ALL, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began, self._moment = clock(), datetime.now(UTC)
        self._entries: list[Entry] = []
        self._kept: dict[tuple[int, Sender], int] = {}
        self._open: set[int] = set()
        self._room = most
        self.kept_back: list[KeptBack] = []
        """The requests that were kept from the gateway."""

    def hear(self, connection: int, sender: Sender, data: bytes) -> None:
        """Take what was said; what is too much is counted once, and then no more."""
        if connection not in self._open:
            self.change(connection, Change.OPENED)
        key = (connection, sender)
        before = self._kept.get(key, 0)
        if before > MOST_BYTES:
            return
        self._kept[key] = before + len(data)
        if self._kept[key] > MOST_BYTES:
            self._keep(LeftOut(at=self.now, connection=connection, sender=sender, count=len(data)))
        else:
            self._keep(Chunk(at=self.now, connection=connection, sender=sender, data=data), len(data))

    def change(self, connection: int, change: Change, *, by: Sender | None = None, reason: str | None = None) -> None:
        """Take what became of a connection."""
        self._keep(Event(at=self.now, connection=connection, change=change, by=by, reason=reason))
        if change in _OVER:
            self._open.discard(connection)
            for sender in Sender:
                self._kept.pop((connection, sender), None)
        else:
            self._open.add(connection)

    def keep_back(self, connection: int, kind: int | None, why: str) -> None:
        """Take a request that was kept from the gateway.

        Args:
            connection: its number.
            kind: the message's id; ``None`` if it has none.
            why: the reason.
        """
        if self._has_room(_ENTRY_BYTES):
            self.kept_back.append(KeptBack(at=self.now, connection=connection, kind=kind, why=why))

    def _keep(self, entry: Entry, size: int = 0) -> None:
        if self._has_room(_ENTRY_BYTES + size):
            self._entries.append(entry)

    def _has_room(self, size: int) -> bool:
        """Take room; when there is none any more, say so once of each connection that goes on."""
        before, self._room = self._room, self._room - size
        if before > 0 >= self._room:
            for connection, sender in product(sorted(self._open), Sender):
                self._entries.append(LeftOut(at=self.now, connection=connection, sender=sender, count=0))
        return self._room > 0

    def asked(self) -> Asked:
        """Return what was asked so far."""
        asked = asked_by(self.transcript, self.kept_back)
        return replace(asked, whole=asked.whole and self._room > 0)

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._began

    @property
    def transcript(self) -> Transcript:
        """All that was kept so far."""
        return Transcript(began=self._moment, listened=("", 0), gateway=("", 0), entries=tuple(self._entries))
