"""Shares out processor time: who may use it, and for how long.

A cell that connects to a healthy gateway is busy for some milliseconds and then done. One that meets silence is busy as
briefly, and then waits for its whole timeout. If waiting took a slot, a silent gateway would make the run as long as
the number of its cells; if nothing took a slot, a hundred cells would starve each other into timeouts that we caused.
So a cell holds a slot until it ends or its patience is over, whichever is first: a cell that still runs then is
waiting, not working.

Cells that will wait long begin early: otherwise the run waits for nothing but them at its end.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Order = tuple[int, ...]


class Slots:
    """A number of places.

    Args:
        places: how many cells may work at once.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[Order, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def held(self, order: Order = ()) -> AsyncIterator[Lease]:
        """Wait for a place and hold it for the context, or until the lease ends before that.

        Args:
            order: the waiting cell with the lowest order is next; among equal ones, the first that came.
        """
        await self._take(order)
        lease = Lease(self._give)
        try:
            yield lease
        finally:
            lease.end()

    async def _take(self, order: Order) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (order, next(self._arrivals), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was given, and nobody will use it
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Lease:
    """One held slot; it is released once, however often that is requested."""

    def __init__(self, give: Callable[[], None]) -> None:
        self._give: Callable[[], None] | None = give
        self._timer: asyncio.TimerHandle | None = None

    def end_after(self, patience: float) -> None:
        """Release the slot in ``patience`` seconds, if it is still held then."""
        self._timer = asyncio.get_running_loop().call_later(patience, self.end)

    def end(self) -> None:
        """Release the slot now."""
        if self._timer is not None:
            self._timer.cancel()
        if self._give is not None:
            give, self._give = self._give, None
            give()
