"""Tells the process that writes what happens on the connections, without ever making them wait for it.

What the process has not taken yet is in memory, within a limit. Beyond it whole messages are passed over, counted, and
the recording says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.recordings.entry_lines import ENDINGS
from harness.recordings.recording import Ended, Omitted, Opened
from harness.recordings.summary import MOST_CONNECTIONS
from harness.run.recording.frame_starts import FrameStarts
from harness.run.recording.guard import LIVE, Held
from harness.run.recording.pipe import Skipped, Told, encode
from harness.run.tap.way import Way
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk

MOST_WAITING = 64 * 2**20
"""Bytes that may wait for the process."""

BEHIND = "it came faster than it could be cleaned and written"


@dataclass(slots=True)
class _Side:
    """One side of a connection: where its frames begin, and what was passed over since it was behind."""

    starts: FrameStarts
    behind: bool = False
    size: int = 0
    count: int = 0


@dataclass(slots=True, kw_only=True)
class Counts:
    """What there was so far.

    Args:
        clients: connections that a gateway took.
        now: those of them that are there.
        frames: messages of each side that passed, a hello included.
        skipped: messages that were passed over because the writing was behind.
        held: requests that were kept from the gateway.
        refused: connections that the gateway did not take.
        ended: why connections were ended by the proxy.
        live: connections that were ended because of a live account.
    """

    clients: int = 0
    now: int = 0
    frames: dict[Sender, int] = field(default_factory=lambda: dict.fromkeys(Sender, 0))
    skipped: int = 0
    held: int = 0
    refused: int = 0
    ended: list[str] = field(default_factory=list)
    live: int = 0


class Feed:
    """What links tell of their connections, for the process that writes.

    Args:
        write: takes bytes for the process and never waits.
        waiting: returns how many bytes it has not taken.
        began: the moment from which times count, on the monotonic clock.
        most: how many bytes may wait.
    """

    def __init__(
        self, write: Callable[[bytes], None], waiting: Callable[[], int], began: float, most: int = MOST_WAITING
    ) -> None:
        self._write = write
        self._waiting = waiting
        self._began = began
        self._most = most
        self._sides: dict[tuple[int, Sender], _Side] = {}
        self._there: set[int] = set()
        self.counts = Counts()

    def change(self, connection: int, change: Change, *, by: Sender | None = None, reason: str | None = None) -> None:
        """Tell what became of a connection; nothing comes after its end."""
        if change in {Change.OPENED, Change.REFUSED} and connection <= MOST_CONNECTIONS:
            self._sides.update({(connection, sender): _Side(FrameStarts(sender)) for sender in Sender})
            self._tell(Opened(at=self._now(), connection=connection))
        if change is Change.OPENED:
            self._there.add(connection)
            self.counts.clients += 1
            self.counts.now += 1
        elif change in ENDINGS:
            self._count(connection, change, reason)
            self._end(connection, change, by)

    def _count(self, connection: int, change: Change, reason: str | None) -> None:
        if change is Change.REFUSED:
            self.counts.refused += 1
        elif change is not Change.HALF_CLOSED and connection in self._there:
            self._there.discard(connection)
            self.counts.now -= 1
            self.counts.live += reason == LIVE
            if change is Change.HELD_BACK and reason is not None and reason not in self.counts.ended:
                self.counts.ended.append(reason)

    def _end(self, connection: int, change: Change, by: Sender | None) -> None:
        if (connection, Sender.CLIENT) not in self._sides:
            return
        for sender in Sender:
            self._say_what_was_skipped(connection, sender)
        self._tell(Ended(at=self._now(), connection=connection, change=change, by=by))
        if change is not Change.HALF_CLOSED:
            for sender in Sender:
                del self._sides[connection, sender]

    def chunk(self, connection: int, sender: Sender, data: bytes) -> None:
        """Tell what a side sent, or pass whole messages of it over."""
        side = self._sides.get((connection, sender))
        if side is None:
            return
        starts, waiting = side.starts.follow(data), self._waiting()
        self.counts.frames[sender] += len(starts)
        if not side.behind and waiting + len(data) > self._most:
            side.behind = True
        elif side.behind and starts and waiting + len(data) <= self._most // 2:
            side.size += starts[0]
            self._say_what_was_skipped(connection, sender)
            data = data[starts[0] :]
        if side.behind:
            side.size += len(data)
            side.count += len(starts)
            self.counts.skipped += len(starts)
        else:
            self._tell(Chunk(at=self._now(), connection=connection, sender=sender, data=data))

    def held(self, connection: int, held: Held) -> None:
        """Tell that a request was kept from the gateway."""
        self.counts.held += 1
        if (connection, Sender.CLIENT) not in self._sides:
            return
        at, why = self._now(), held.why
        about = Omitted(
            at=at, connection=connection, sender=Sender.CLIENT, size=held.size, kind=held.kind, count=1, why=why
        )
        self._tell(about)

    def way(self, connection: int, to: Sender, way: Way) -> None:
        """Nothing: how good the network was is no part of a recording."""

    def too_much(self, connection: int) -> str | None:
        """Return ``None``: a recording ends no connection because it is large."""
        del connection
        return None

    def _say_what_was_skipped(self, connection: int, sender: Sender) -> None:
        side = self._sides[connection, sender]
        if side.behind:
            at, size, count = self._now(), side.size, side.count
            gone = Omitted(at=at, connection=connection, sender=sender, size=size, count=count, why=BEHIND)
            self._tell(Skipped(gone))
            side.behind, side.size, side.count = False, 0, 0

    def _tell(self, told: Told) -> None:
        self._write(encode(told))

    def _now(self) -> float:
        return time.monotonic() - self._began
