"""Measures how late our own event loop is, and provides a clock that counts only the time in which the loop ran.

Evidence that depends on a time (silent, late, drop by drop) must not be blamed on a gateway if the time passed because
our own event loop stood still: the processor was busy with something else, the machine slept, or a thread kept the
interpreter. So the loop is asked to turn at every tick, and no turn counts for more than it should have taken. The
rest is lag. The loop of a run carries every tap, every simulated gateway and the reference client: what is late in it
looks like a slow gateway to a library, and like a slow library on the wire.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Self

TICK = 0.05
"""Seconds from turn to turn."""

_GRACE = 0.02
"""Seconds by which a turn may be late and not count as lag: clocks and timers move in steps of up to 16 ms."""

_WORTH_KEEPING = 0.1
"""Seconds of lateness from which a turn is remembered."""

_LEAST = 0.001
"""The shortest wait, in seconds: in less time, a clock may not move at all."""

AT_MOST = 4.0
"""How many times longer than requested a wait may last, if the loop does not run."""


class Attention:
    """Measures while its context is entered; outside of it, nothing counts as late."""

    def __init__(self) -> None:
        self._began = self._turned = 0.0
        self._counted = 0.0
        self._late: list[tuple[float, float]] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._began = self._turned = self.moment()
        self._task = asyncio.create_task(self._turn())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def now(self) -> float:
        """Return the seconds since it began, without those in which the loop stood still."""
        return self._counted + min(self.moment() - self._turned, TICK + _GRACE)

    @property
    def lag(self) -> float:
        """Seconds in which the loop stood still."""
        return max(0.0, self.moment() - self._began - self.now())

    def moment(self) -> float:
        """Return the loop's time in seconds, standstills included, as `latest` takes it."""
        return asyncio.get_running_loop().time()

    def latest(self, since: float) -> float:
        """Return by how many seconds the latest turn since a moment was late; an overdue turn counts, too."""
        overdue = self.moment() - self._turned - TICK if self._task is not None else 0.0
        kept = max((late for at, late in self._late if at >= since), default=0.0)
        return max(kept, overdue if overdue >= _WORTH_KEEPING else 0.0)

    async def within(self, seconds: float, doing: Coroutine[Any, Any, object]) -> bool:
        """Run a coroutine for a number of seconds in which the loop runs, and at most ``AT_MOST`` times as long.

        Args:
            seconds: how many seconds.
            doing: the coroutine.

        Returns:
            Whether it ended in time; if not, it was cancelled.

        Raises:
            Exception: what ``doing`` raised.
        """
        task = asyncio.ensure_future(doing)
        until, at_most = self.now() + seconds, self.moment() + AT_MOST * seconds
        try:
            while not task.done() and (left := min(until - self.now(), at_most - self.moment())) > _LEAST:
                await asyncio.wait({task}, timeout=left)
            if task.done():
                task.result()
                return True
            return False
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _turn(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = self.moment()
            if (late := now - self._turned - TICK) >= _WORTH_KEEPING:
                self._late.append((now, late))
            self._counted += min(now - self._turned, TICK + _GRACE)
            self._turned = now
