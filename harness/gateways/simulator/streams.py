"""Keeps what a client is sent again and again until it cancels: real-time bars, and bars that are kept up to date.

Each comes on the full five seconds of the clock. Real-time bars do so by IBKR's documentation; updates of bars came
every four to six seconds in a recording of a Gateway 10.40.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from harness.wire.message import Message

PERIOD = 5
"""Seconds between two."""


class Kind(StrEnum):
    """What is watched; each kind counts its request ids for itself."""

    BARS = "bars"
    DEPTH = "depth"
    REAL_TIME_BARS = "real-time bars"


Tell = Callable[[int], Iterator[Message]]
"""Yields what is sent at a moment, in Unix seconds."""


class Streams:
    """What one client watches, in the order of its requests; true if anything of it is sent on the clock."""

    def __init__(self) -> None:
        self._tells: dict[tuple[Kind, int], Tell | None] = {}

    def __bool__(self) -> bool:
        return any(tell is not None for tell in self._tells.values())

    def watch(self, kind: Kind, req_id: int, tell: Tell | None) -> None:
        """Begin to send something; ``None`` takes the id, and sends nothing on the clock."""
        self._tells[kind, req_id] = tell

    def has(self, kind: Kind, req_id: int) -> bool:
        """Return whether the id is taken."""
        return (kind, req_id) in self._tells

    def count(self, kind: Kind) -> int:
        """Return how many of a kind are watched."""
        return sum(watched is kind for watched, _ in self._tells)

    def cancel(self, kind: Kind, req_id: int) -> bool:
        """End it; return whether it was there."""
        there = self.has(kind, req_id)
        self._tells.pop((kind, req_id), None)
        return there

    def watched(self) -> tuple[tuple[Kind, int], ...]:
        """Return what is sent on the clock now, in the order of the requests."""
        return tuple(key for key, tell in self._tells.items() if tell is not None)

    def told_at(self, moment: int, kind: Kind, req_id: int) -> Iterator[Message]:
        """Yield what one of them is due at a moment, in Unix seconds; nothing if it was cancelled meanwhile."""
        if (tell := self._tells.get((kind, req_id))) is not None:
            yield from tell(moment)


def due_after(now: float) -> int:
    """Return the next moment at which something is sent, in Unix seconds."""
    return int(now // PERIOD + 1) * PERIOD
