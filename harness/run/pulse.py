"""How late our own loop comes to what it should do: a machine that starves it starves the cells, too."""

from __future__ import annotations

import asyncio
import time

from harness.diagnose.cell import LATE

BEAT = 0.05
"""Seconds from one beat to the next."""

_WORTH_KEEPING = 0.1


class Pulse:
    """Beats while it runs, and keeps how late the beats came.

    The loop carries every tap, every simulated gateway and the control. What comes late here looks like a slow gateway
    to a library, and like a slow library on the wire.
    """

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []

    async def beat(self) -> None:
        """Beat until it is cancelled."""
        while True:
            due = time.monotonic() + BEAT
            await asyncio.sleep(BEAT)
            now = time.monotonic()
            self.came(now, now - due)

    def came(self, at: float, late: float) -> None:
        """Keep how late a beat came: when, by the monotonic clock, and by how many seconds."""
        if late >= _WORTH_KEEPING:
            self._late.append((at, late))

    def latest(self, since: float) -> float:
        """Return by how many seconds the latest beat came late since a moment of the monotonic clock."""
        return max((late for at, late in self._late if at >= since), default=0.0)

    def starved(self, since: float) -> bool:
        """Tell whether what was seen since a moment may be our own lateness."""
        return self.latest(since) >= LATE
