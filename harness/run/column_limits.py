"""Limits what a gateway has to take: cells that may not be there together, and messages faster than its pace."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Met:
    """What one cell meets at a gateway: whether others were with it at any time."""

    met: bool


class Crowd:
    """The cells that are connected to a gateway; false while there are none."""

    def __init__(self) -> None:
        self._there: set[Met] = set()

    def __bool__(self) -> bool:
        return bool(self._there)

    @contextmanager
    def guest(self) -> Iterator[Met]:
        """Count a cell as being with the gateway; yields whether others were, too, at any time."""
        own = Met(met=bool(self._there))
        for other in self._there:
            other.met = True
        self._there.add(own)
        try:
            yield own
        finally:
            self._there.discard(own)


MESSAGES_A_SECOND = 40
"""The most messages that leave in any second. A Gateway takes 50 by default, and may drop more, or end the connection
(IBKR Campus, TWS API: pacing limitations). Ten are left to the user's own programs."""

_SECOND = 1.0


class Pace:
    """At most so many messages in any second, from all that share it.

    Args:
        limit: how many.
        clock: returns the time in seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        limit: int = MESSAGES_A_SECOND,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._sent: deque[float] = deque()
        self._turn = asyncio.Lock()

    async def take(self, count: int) -> None:
        """Wait until so many messages, at most the limit, may leave together; first come, first served."""
        async with self._turn:
            wait = self._wait(count)
            while wait > 0:
                await self._sleep(wait)
                wait = self._wait(count)
            self._sent.extend([self._clock()] * count)

    def _wait(self, count: int) -> float:
        """Return the seconds until there is room for so many."""
        now = self._clock()
        while self._sent and self._sent[0] <= now - _SECOND:
            self._sent.popleft()
        surplus = len(self._sent) + count - self._limit
        return self._sent[surplus - 1] + _SECOND - now if surplus > 0 else 0.0
