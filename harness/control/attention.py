"""A clock that counts only the time in which this process got to listen.

What rests on a time (silent, late, drop by drop) must not be laid at a gateway's door where the time passed because
our own event loop stood still: the processor was busy with something else, the machine slept, a thread kept the
interpreter. So the loop is asked to turn at every tick, and of each turn no more counts than it should have taken.
What is over is lag.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Self

TICK = 0.05
"""Seconds from turn to turn."""

_GRACE = 0.02
"""Seconds that a turn may come late without being called lag: clocks and timers have steps of up to 16 ms."""

_LEAST = 0.001
"""Seconds that are worth waiting: fewer may be too few for a clock to move."""

AT_MOST = 4.0
"""How many times as long as asked is waited where the loop does not get to turn."""


class Attention:
    """The clock; it runs inside its context, and needs a running event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = self._turned = self._loop.time()
        self._counted = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._turn())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def now(self) -> float:
        """Return the seconds since it was made, without those in which the loop stood still."""
        return self._counted + min(self._loop.time() - self._turned, TICK + _GRACE)

    @property
    def lag(self) -> float:
        """Seconds in which the loop stood still."""
        return max(0.0, self._loop.time() - self._began - self.now())

    async def within(self, seconds: float, doing: Coroutine[Any, Any, object]) -> bool:
        """Wait for something for so many seconds that count, and at most ``AT_MOST`` times as long.

        Returns:
            Whether it was done; else it was cancelled.

        Raises:
            Exception: what ``doing`` raised.
        """
        task = asyncio.ensure_future(doing)
        until, at_most = self.now() + seconds, self._loop.time() + AT_MOST * seconds
        try:
            while not task.done() and (left := min(until - self.now(), at_most - self._loop.time())) > _LEAST:
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
            now = self._loop.time()
            self._counted += min(now - self._turned, TICK + _GRACE)
            self._turned = now
