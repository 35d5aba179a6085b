"""Asks cells a second time, alone, if other activity may have made them red."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from harness.checks.all import CHECKS
from harness.checks.check import CONNECTS
from harness.plan.matrix.expect import Verdict, compare_checks
from harness.plan.plan_model import PlannedCell
from harness.shared.evidence import CellOutcome
from harness.shared.status import Status

_BEFORE_AN_ANSWER = frozenset({"tcp", "version"})
_CONNECT_ONCE_MORE = frozenset(check.name for check in CHECKS if check.phase in CONNECTS)
_GREEN = frozenset({Status.PASS, Status.UNSUPPORTED, Status.SKIPPED})


SECONDS = 120.0
"""Seconds for asking cells again; the rest stay as they were seen."""

AT_ONCE = 4
"""How many are asked again at once, each at another gateway: few enough that the machine is no longer too busy."""


class Again:
    """Holds back cells that are asked again until all others are over, then admits one at a time at each gateway.

    Args:
        cells: how many are asked at first.
    """

    def __init__(self, cells: int) -> None:
        self._left = cells
        self._over = asyncio.Event()
        self._gateways: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._until: float | None = None
        if cells <= 0:
            self._over.set()

    def one_over(self) -> None:
        """Count a cell that was asked at first."""
        self._left -= 1
        if self._left <= 0:
            self._over.set()

    @asynccontextmanager
    async def alone(self, gateway: str) -> AsyncIterator[bool]:
        """Reserve a gateway for one cell after all first attempts are over; yield whether there is time."""
        await self._over.wait()
        async with self._gateways[gateway], self._places:
            now = time.monotonic()
            if self._until is None:
                self._until = now + SECONDS
            yield now < self._until


def unexpectedly_red(cell: PlannedCell, outcome: CellOutcome) -> bool:
    """Return whether a cell is red in a way that the matrix file does not expect."""
    if outcome.killed or outcome.began is not None:
        return True
    expectations = cell.expectations(outcome.resolved.version if outcome.resolved else None)
    statuses = [(check.name, check.status) for check in outcome.checks]
    return any(each.verdict is Verdict.UNEXPECTED_FAIL for each in compare_checks(statuses, expectations))


def may_be_of_others(outcome: CellOutcome) -> bool:
    """Return whether other clients of the same gateway may have made a cell red.

    A gateway that takes few clients turns away who comes last: nothing is answered, or the connection ends.
    """
    reds = {check.name for check in outcome.checks if check.status not in _GREEN}
    ended = outcome.wire is not None and outcome.wire.ended_by_gateway
    return ended or bool(reds & (_BEFORE_AN_ANSWER | _CONNECT_ONCE_MORE))
