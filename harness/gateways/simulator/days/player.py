"""Lets a day pass in a gateway: waits for what is due next, and does it."""

from __future__ import annotations

import asyncio
import logging

from harness.gateways.simulator.days import happenings
from harness.gateways.simulator.days.conditions import Conditions
from harness.gateways.simulator.days.files import Day
from harness.gateways.simulator.days.happenings import Stage
from harness.gateways.simulator.days.schedule import Due, lasts, schedule
from harness.gateways.simulator.ending import end
from harness.gateways.simulator.timing import Timing
from harness.shared.errors import GatewayError

log = logging.getLogger("ib_compat.simulator")


class Player:
    """Plays one day after the other until it is stopped.

    Args:
        day: what happens.
        stage: to which gateway.
        timing: the clock of the computer that the gateway runs on.
        ahead: seconds by which the gateway's own time is ahead of it.
    """

    def __init__(self, day: Day, stage: Stage, timing: Timing, ahead: float = 0.0) -> None:
        self.conditions = Conditions(day.idle)
        self._day = day
        self._stage = stage
        self._timing = timing
        self._ahead = ahead
        self._task: asyncio.Task[None] | None = None

    @property
    def says(self) -> str:
        """What happens, in a sentence."""
        return f"day {self._day.name}: {self._day.says}"

    def begin(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._play())

    async def stop(self) -> None:
        """End, wherever it is."""
        await end(self._task, expected=(GatewayError,))

    async def wait(self) -> None:
        """Wait until nothing is left to happen.

        Raises:
            GatewayError: the port could not be had again.
        """
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _play(self) -> None:
        for due in schedule(self._day, self._timing.now() + self._ahead):
            await self._timing.until(due.moment - self._ahead)
            try:
                await self._happen(due)
            except GatewayError:
                log.exception("%s: the day ends", self._day.name)
                raise
            except Exception:
                log.exception("%s: [[event]] %d: the simulator failed", self._day.name, due.place + 1)

    async def _happen(self, due: Due) -> None:
        event = self._day.events[due.place]
        log.info("%s: %s %s", self._day.name, event.what, "ends" if due.ends else "begins")
        if due.ends:
            await happenings.end(event, self._stage, self.conditions)
        else:
            await happenings.begin(event, lasts(self._day, event, due.moment), self._stage, self.conditions)
