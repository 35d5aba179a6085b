"""Runs a plan: gateways up, control, all cells, control, gateways down."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from harness.control.attention import Attention
from harness.evidence import CellOutcome, RunOutcome
from harness.gateways import Opening, boots
from harness.matrix.environments import find_environments, missing_interpreters
from harness.plan.model import Plan, PlannedCell
from harness.run.again import Again
from harness.run.agree import agreed
from harness.run.column import Column
from harness.run.interruption import cancelled_on_signals
from harness.run.leases import Booting, leases
from harness.run.observer import Observer
from harness.run.reader import Reader
from harness.run.row import Means, RowRun, shares_import
from harness.run.slots import Slots
from harness.run.timeline import Timeline

UNDER_WAY = 512
"""Most cells at once where the plan does not say: each is a process, most of them waiting."""

_PLACES_PER_CORE = 2


Built = Callable[[], Awaitable[bool]]


def execute(
    plan: Plan, environments: Path, run_folder: Path, observer: Observer, built: Built | None = None
) -> RunOutcome:
    """Run every cell of a plan that is not skipped.

    Args:
        plan: what is asked.
        environments: the folder of the rows' environments; nox's ``.nox``.
        run_folder: where evidence goes, below ``cells/``.
        observer: told of progress.
        built: waits until the environments are built, and says whether they were; gateways are brought up meanwhile.
            Unless given they are there.

    Returns:
        What was seen. On Ctrl-C or SIGTERM everything that was started is ended at once, what is finished is kept, and
        ``interrupted`` is set.
    """
    return asyncio.run(_Run(plan, environments, run_folder, observer, built).all())


class _Run:
    def __init__(
        self, plan: Plan, environments: Path, run_folder: Path, observer: Observer, built: Built | None
    ) -> None:
        self._plan = plan
        self._environments = environments
        self._built = built
        self._task: asyncio.Task[object]
        self._observer = observer
        self._outcomes: list[CellOutcome] = []
        timeout = max((cell.connect_timeout for cell in plan.asked), default=4.0)
        asked = {cell.gateway.name: cell.gateway for cell in plan.asked}
        cells = Counter(cell.gateway.name for cell in plan.asked)
        self._attention = Attention()
        self._columns = {
            name: Column(spec, probe_timeout=timeout, cells=cells[name], attention=self._attention)
            for name, spec in asked.items()
        }
        self._timeline = Timeline()
        self._booting = Booting(
            opening=self._opening, timeline=self._timeline, at_once=plan.gateways_at_once, met=self._met
        )
        self._means = Means(
            run_folder=run_folder,
            slots=Slots(_PLACES_PER_CORE * _cores()),
            limit=asyncio.Semaphore(plan.concurrency or UNDER_WAY),
            share_import=shares_import(plan.isolation),
            record=plan.record,
            reader=Reader(),
            timezone=plan.timezone,
            started=observer.cell_started,
            finished=self._finished,
            attention=self._attention,
            again=Again(len(plan.asked)),
        )

    async def all(self) -> RunOutcome:
        self._task = cancelled_on_signals()
        self._observer.plan_ready(self._plan)
        interrupted = False
        try:
            async with self._attention, AsyncExitStack() as stack:
                await self._open_gateways(stack)
                async with asyncio.TaskGroup() as group:
                    for lease in leases(self._columns.values()):
                        group.create_task(self._booting.in_turn(lease))
                    group.create_task(self._rows())
                await self._probe_all("after")
        except asyncio.CancelledError:
            interrupted = True
        finally:
            await self._means.reader.close()
        return RunOutcome(
            outcomes=tuple(await asyncio.to_thread(self._agreed)),
            gateways=tuple(column.outcome() for column in self._columns.values()),
            interrupted=interrupted,
            timeline=tuple(self._timeline.moments),
        )

    def _agreed(self) -> list[CellOutcome]:
        """Return the outcomes, with what the cells of a gateway tell only together."""
        cells = {cell.id: cell for cell in self._plan.cells}
        adapters = {cell.id: cell.row.adapter for cell in self._plan.cells}
        told: list[CellOutcome] = []
        for name, column in self._columns.items():
            outcomes = [each for each in self._outcomes if cells[each.cell].gateway.name == name]
            told += agreed(outcomes, adapters, truth_known=column.truth is not None)
        return told

    async def _open_gateways(self, stack: AsyncExitStack) -> None:
        """Open those that are up at once. Their cells begin when all were met: none disturbs another's control."""
        for column in self._at_once:
            await column.open(stack, self._opening(column))
        await self._probe_all("before")
        for column in self._at_once:
            self._met(column)
            column.begin()

    def _opening(self, column: Column) -> Opening:
        return Opening(
            run=self._means.run_folder.name,
            folder=self._means.run_folder,
            note=self._observer.note,
            progress=partial(self._observer.gateway_progress, column.spec.name),
        )

    def _met(self, column: Column) -> None:
        if column.remark is not None:
            self._observer.note(column.remark)

    @property
    def _at_once(self) -> list[Column]:
        return [column for column in self._columns.values() if not boots(column.spec)]

    async def _probe_all(self, when: str) -> None:
        await asyncio.gather(*(column.probe(when) for column in self._at_once))

    async def _rows(self) -> None:
        if self._built is not None and not await self._built():
            self._task.cancel()
            return
        environments = find_environments(self._environments)
        without = missing_interpreters(environments)
        async with asyncio.TaskGroup() as group:
            for row in self._plan.rows:
                cells = [(c, self._columns[c.gateway.name]) for c in self._plan.asked if c.row.id == row.id]
                if row.id in without:
                    for cell, column in cells:
                        self._means.again.one_over()
                        self._finished(cell, CellOutcome(cell=cell.id, skipped=without[row.id]), column)
                elif cells:
                    run = RowRun(row, environments.get(row.id), self._means)
                    group.create_task(run.run(cells))

    def _finished(self, cell: PlannedCell, outcome: CellOutcome, column: Column) -> None:
        self._outcomes.append(outcome)
        column.cell_finished()
        self._observer.cell_finished(cell, outcome, column.outcome())


def _cores() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
