"""Keeps what a client is sent again and again until it cancels: quotes, ticks, real-time bars, bars kept up to date.

Each kind has its period, and comes on the full multiples of it by the clock. Real-time bars come every five seconds,
and what a scan finds about every thirty, by IBKR's documentation; updates of bars came every four to six seconds, and
quotes of stocks about every quarter of a second, in a recording of a Gateway 10.40.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import takewhile

from harness.wire.message import Message

PERIOD = 5
"""Seconds of a real-time bar."""

MADE_UP = 7 * 86400
"""Seconds of ticks and bars that are told where a clock went on so far; what was before is left out (ours).

More of them, as when a computer has slept, or a clock goes at the highest speed, would never come to an end.
"""


class Kind(StrEnum):
    """What is watched; each kind counts its request ids for itself."""

    BARS = "bars"
    DEPTH = "depth"
    QUOTES = "quotes"
    REAL_TIME_BARS = "real-time bars"
    SCANS = "scans"
    TICKS = "ticks"


WHOLE = frozenset({Kind.REAL_TIME_BARS, Kind.TICKS})
"""Of these a fast clock leaves out nothing, so that much may be due at once."""

AT_ONCE = 500
"""Messages of one of them that are made before others have their turn."""

PERIODS: Mapping[Kind, float] = {
    Kind.BARS: 5.0,
    Kind.DEPTH: 0.25,
    Kind.QUOTES: 0.25,
    Kind.REAL_TIME_BARS: 5.0,
    Kind.SCANS: 30.0,
    Kind.TICKS: 0.25,
}
"""Seconds between two of what is sent on the clock."""

Tell = Callable[[float], Iterator[Message]]
"""Yields what is sent at a moment, in Unix seconds, or was not sent before it: a fast clock leaves out moments."""


class Streams:
    """What one client watches, in the order of its requests."""

    def __init__(self) -> None:
        self._tells: dict[tuple[Kind, int], Tell | None] = {}
        self._periods: dict[tuple[Kind, int], float] = {}
        self.farms: dict[tuple[Kind, int], str] = {}
        """The data farm of each, where a gateway's day passes."""
        self.flows: Callable[[str], bool] = lambda _farm: True
        """Whether data of a farm comes at the moment."""

    def watch(self, kind: Kind, req_id: int, tell: Tell | None, period: float | None = None) -> None:
        """Begin to send something.

        Args:
            kind: what it is.
            req_id: the id that it takes.
            tell: what is sent; ``None`` sends nothing on the clock.
            period: seconds between two moments at which ``tell`` is asked. [default: those of its kind]
        """
        self._tells[kind, req_id] = tell
        self._periods[kind, req_id] = PERIODS[kind] if period is None else period

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
        self.farms.pop((kind, req_id), None)
        return there

    def of(self, *kinds: Kind) -> list[tuple[Kind, int]]:
        """Return all that is watched of some kinds, in the order of the requests."""
        return [key for key in self._tells if key[0] in kinds]

    def periods(self) -> set[float]:
        """Return the periods of what is sent on the clock, in seconds."""
        return {self._periods[key] for key, tell in self._tells.items() if tell is not None}

    def watched(self, period: float) -> tuple[tuple[Kind, int], ...]:
        """Return what is sent on the clock with a period, in the order of the requests."""
        return tuple(key for key, tell in self._tells.items() if tell is not None and self._periods[key] == period)

    def told_at(self, moment: float, kind: Kind, req_id: int) -> Iterator[Message]:
        """Yield what one of them is due at a moment, in Unix seconds; nothing once it is cancelled or interrupted.

        Ticks one by one that are interrupted are lost; quotes go on with what has changed (captured).
        """
        if (tell := self._tells.get((kind, req_id))) is None:
            return
        if self.flows(self.farms.get((kind, req_id), "")):
            yield from takewhile(lambda _: self._tells.get((kind, req_id)) is tell, tell(moment))
        elif kind is Kind.TICKS:
            deque(tell(moment), maxlen=0)


_PHASES, _PHASE = 16, 1 / 64
"""Clients are not sent their quotes all at once, which would make the last of them wait; these are seconds (ours)."""


def phase_of(client_id: int, period: float) -> float:
    """Return by how many seconds after the full multiples of a period a client is sent something."""
    return client_id % _PHASES * _PHASE if period < 1 else 0.0


def due_after(now: float, period: float, phase: float = 0.0) -> float:
    """Return the next moment at which something of a period is sent, in Unix seconds."""
    return math.floor((now - phase) / period + 1) * period + phase
