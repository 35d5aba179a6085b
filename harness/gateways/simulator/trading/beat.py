"""Looks at the working orders once a second, for as long as any work."""

from __future__ import annotations

import asyncio

from harness.gateways.simulator.ending import end
from harness.gateways.simulator.timing import Timing
from harness.gateways.simulator.trading.desk import Desk

BEAT = 1
"""Seconds between two looks."""


class Beat:
    """The clock's way to a desk.

    Args:
        desk: has the orders.
        timing: the clock.
        ahead: seconds by which the gateway's own time is ahead of it.
    """

    def __init__(self, desk: Desk, timing: Timing, ahead: float = 0.0) -> None:
        self._desk = desk
        self._timing = timing
        self._ahead = ahead
        self._task: asyncio.Task[None] | None = None
        desk.wake = self.wake

    def wake(self) -> None:
        """Begin, if there is something to look at and it was not begun."""
        if self._desk.is_busy and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        told = self._timing.now()
        while self._desk.is_busy:
            moment = max(told, self._timing.now()) // BEAT * BEAT + BEAT
            await self._timing.until(moment)
            told = moment
            self._desk.tick(moment + self._ahead)

    async def stop(self) -> None:
        """End it."""
        await end(self._task)
