"""Who may use the processor, and for how long.

A cell that connects to a healthy gateway is busy for some milliseconds and then done. One that meets silence is busy as
briefly, and then waits for its whole timeout. If waiting took a place, a silent gateway would make the run as long as
the number of its cells; if nothing took a place, a hundred cells would starve each other into timeouts that are our own
doing. So a place is held until its cell ends or its patience is over, whichever is first: whoever still runs then is
waiting, not working.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """A number of places.

    Args:
        places: how many may work at once.
    """

    def __init__(self, places: int) -> None:
        self._free = asyncio.Semaphore(places)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Lease]:
        """Wait for a place and hold it for the context, or until the lease ends before that."""
        await self._free.acquire()
        lease = Lease(self._free)
        try:
            yield lease
        finally:
            lease.end()


class Lease:
    """One held place; it goes back once, however often it is told to."""

    def __init__(self, semaphore: asyncio.Semaphore) -> None:
        self._semaphore: asyncio.Semaphore | None = semaphore
        self._timer: asyncio.TimerHandle | None = None

    def end_after(self, patience: float) -> None:
        """Give the place back in ``patience`` seconds, if it is still held then."""
        self._timer = asyncio.get_running_loop().call_later(patience, self.end)

    def end(self) -> None:
        """Give the place back now."""
        if self._timer is not None:
            self._timer.cancel()
        if self._semaphore is not None:
            self._semaphore.release()
            self._semaphore = None
