"""Gives a simulated gateway its time, and waits until a moment of it.

What a gateway sends unasked depends on it, so tests can step through time, or use a clock with another speed.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

_SHORTEST_WAIT = 0.005
"""Seconds by the clock on the wall."""


class Timing(Protocol):
    """A clock that one can wait for."""

    def now(self) -> float:
        """Return the time, in Unix seconds."""
        ...

    async def until(self, when: float) -> None:
        """Wait until a moment, in Unix seconds; return at once if it has passed."""
        ...


class WallTime:
    """The clock of this computer."""

    def now(self) -> float:
        """Return the time, in Unix seconds."""
        return time.time()

    async def until(self, when: float) -> None:
        """Wait until a moment, in Unix seconds."""
        await asyncio.sleep(max(0.0, when - self.now()))


class FastTime:
    """A clock that begins at a moment, and goes as many times as fast as the clock on the wall.

    Args:
        start: the time that it begins with, in Unix seconds. [default: now]
        speed: its seconds in a real one; more than 0.
    """

    def __init__(self, start: float | None = None, speed: float = 1.0) -> None:
        self._start = time.time() if start is None else start
        self._began = time.monotonic()
        self._speed = speed

    def now(self) -> float:
        """Return the time, in Unix seconds."""
        return self._start + (time.monotonic() - self._began) * self._speed

    async def until(self, when: float) -> None:
        """Wait until a moment, in Unix seconds, and some milliseconds at least: a fast clock must not take all time."""
        if when > self.now():
            await asyncio.sleep(max(_SHORTEST_WAIT, (when - self.now()) / self._speed))


class SteppedTime:
    """A clock that stands still until it is stepped; of one event loop.

    Args:
        start: the time that it begins with, in Unix seconds.
    """

    def __init__(self, start: float) -> None:
        self._now = start
        self._waiting: dict[asyncio.Event, float] = {}
        self._awaited = asyncio.Event()

    def now(self) -> float:
        """Return the time, in Unix seconds."""
        return self._now

    async def until(self, when: float) -> None:
        """Wait until the clock was stepped to a moment, in Unix seconds."""
        if when <= self._now:
            return
        passed = asyncio.Event()
        self._waiting[passed] = when
        self._awaited.set()
        try:
            await passed.wait()
        finally:
            del self._waiting[passed]

    @property
    def due(self) -> float | None:
        """The first moment that somebody waits for; ``None`` if nobody waits."""
        return min(self._waiting.values(), default=None)

    async def awaited(self) -> float:
        """Wait until somebody waits for a moment; return the first such moment."""
        while not self._waiting:
            self._awaited.clear()
            await self._awaited.wait()
        return min(self._waiting.values())

    def step(self, seconds: float) -> None:
        """Go on by so many seconds, and wake who waits for a moment up to then."""
        self._now += seconds
        for passed, when in self._waiting.items():
            if when <= self._now:
                passed.set()
