"""Decides which gateways may run at the same time, and boots each once during a run.

The timeline of a run records when each boots, is asked and stops.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack

from harness.gateways.kinds import boots, login_of
from harness.gateways.opened import Opening
from harness.run.column import Column
from harness.shared.evidence import Moment, What


class Timeline:
    """Reports moments in order, each with the seconds since the run began.

    Args:
        told: records a moment.
        passed: seconds that earlier parts of a resumed run took.
    """

    def __init__(self, told: Callable[[Moment], object], *, passed: float = 0.0) -> None:
        self._began = time.monotonic() - passed
        self._told = told

    def mark(self, gateway: str, what: What, why: str = "") -> None:
        """Report what begins for a gateway now; ``why`` says what it waits for, or why it did not come up."""
        self._told(Moment(gateway=gateway, what=what, at=time.monotonic() - self._began, why=why))


Opens = Callable[[Column], Opening]


def leases(columns: Iterable[Column]) -> tuple[tuple[Column, ...], ...]:
    """Group the gateways that we start by their login, in the order of the matrix file.

    A login has one session at a time, so the gateways of a group run one after another. A gateway without a login is a
    group of its own.
    """
    groups: dict[str, list[Column]] = {}
    for column in columns:
        if boots(column.spec):
            groups.setdefault(login_of(column.spec) or f"gateway {column.spec.name}", []).append(column)
    return tuple(map(tuple, groups.values()))


class Booting:
    """Takes gateways through boot, cells and stop.

    Args:
        opening: what a gateway is given while it comes up.
        timeline: is notified of every step.
        at_once: how many may be up at the same time.
        met: is called for each gateway when its cells may begin, or when it is known that it does not come up.
    """

    def __init__(self, *, opening: Opens, timeline: Timeline, at_once: int, met: Callable[[Column], None]) -> None:
        self._opening = opening
        self._timeline = timeline
        self._at_once = at_once
        self._seats = asyncio.Semaphore(at_once)
        self._met = met

    async def in_turn(self, lease: Sequence[Column]) -> None:
        """Take the gateways of a lease one after another."""
        for column in lease[1:]:
            self._timeline.mark(column.spec.name, What.WAITS, f"the login {column.spec.credential} is in use")
        for column in lease:
            await self._when_there_is_room(column)

    async def _when_there_is_room(self, column: Column) -> None:
        if self._seats.locked():
            self._timeline.mark(
                column.spec.name,
                What.WAITS,
                f"{self._at_once} gateway{' is' if self._at_once == 1 else 's are'} up already",
            )
        async with self._seats:
            await self._once(column)

    async def _once(self, column: Column) -> None:
        name = column.spec.name
        self._timeline.mark(name, What.BOOTS)
        async with AsyncExitStack() as stack:
            await column.open(stack, self._opening(column))
            await column.probe("before")
            self._met(column)
            self._timeline.mark(name, What.ASKED, column.error or "")
            column.begin()
            await column.all_asked.wait()
            await column.probe("after")
            await column.look_again()
            self._timeline.mark(name, What.STOPS)
        self._timeline.mark(name, What.GONE)
