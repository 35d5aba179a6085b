"""Looks at a desk whenever time may change something: once a second while orders work or a profit is watched."""

from __future__ import annotations

import asyncio
import math

from harness.gateways.simulator.ending import end
from harness.gateways.simulator.timing import Timing
from harness.gateways.simulator.trading.desk import Desk

BEAT = 1
"""Seconds between two looks; each is on a full one."""


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
        self._looked = -math.inf
        self._next = math.inf
        desk.wake = self.wake

    def wake(self) -> None:
        """Look in time, if there is something to look at before what is waited for."""
        due = self._due()
        if due is None or (self._task is not None and not self._task.done() and due >= self._next):
            return
        if self._task is not None:
            self._task.cancel()  # it waits: a look takes no turn of the loop
        self._next = due
        self._task = asyncio.get_running_loop().create_task(self._run())

    def _due(self) -> float | None:
        """Return when to look next, by the computer's clock; ``None`` if time changes nothing."""
        after = max(self._looked, self._timing.now())
        due = due_of(self._desk, after + self._ahead)
        return None if due is None else max(math.ceil((due - self._ahead) / BEAT), after // BEAT + 1) * BEAT

    async def _run(self) -> None:
        while (due := self._due()) is not None:
            self._next = due
            await self._timing.until(due)
            self._looked = due
            self._desk.tick(due + self._ahead)

    async def stop(self) -> None:
        """End it."""
        await end(self._task)


def due_of(desk: Desk, now: float) -> float | None:
    """Return when time may change something of a desk, in Unix seconds by its clock; ``None`` if it never does."""
    still = not desk.prices.moves
    watched = () if still else [client.watched for client in desk.clients.values()]
    works = any(not (order.is_truth and still) for order in desk.book.working())
    if works or any(each.profit_is_watched for each in watched):
        return now
    moments = [each.due for each in watched if each.accounts_are_watched]
    if any(each.holdings_are_watched for each in watched):
        moments += [ends for row in desk.ledger.positions() if (ends := desk.prices.expires(row)) and ends > now]
    return min(moments, default=None)
