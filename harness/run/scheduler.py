"""Runs a plan: gateways up, control, all cells, control, gateways down."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from harness.evidence import CellOutcome, RunOutcome
from harness.matrix.environments import find_environments
from harness.plan.model import Plan, PlannedCell
from harness.run.agree import agreed
from harness.run.column import Column
from harness.run.observer import Observer
from harness.run.row import Means, RowRun, shares_import
from harness.run.slots import Slots

UNDER_WAY = 512
"""Most cells at once where the plan does not say: each is a process, most of them waiting."""

_PLACES_PER_CORE = 2


def execute(plan: Plan, environments: Path, run_folder: Path, observer: Observer) -> RunOutcome:
    """Run every cell of a plan that is not skipped.

    Args:
        plan: what is asked.
        environments: the folder of the rows' environments; nox's ``.nox``.
        run_folder: where evidence goes, below ``cells/``.
        observer: told of progress.

    Returns:
        What was seen. On Ctrl-C or SIGTERM everything that was started is ended at once, what is finished is kept, and
        ``interrupted`` is set.
    """
    return asyncio.run(_Run(plan, environments, run_folder, observer).all())


class _Run:
    def __init__(self, plan: Plan, environments: Path, run_folder: Path, observer: Observer) -> None:
        self._plan = plan
        self._environments = find_environments(environments)
        self._observer = observer
        self._outcomes: list[CellOutcome] = []
        timeout = max((cell.connect_timeout for cell in plan.asked), default=4.0)
        asked = {cell.gateway.name: cell.gateway for cell in plan.asked}
        self._columns = {name: Column(spec, probe_timeout=timeout) for name, spec in asked.items()}
        self._means = Means(
            run_folder=run_folder,
            slots=Slots(_PLACES_PER_CORE * _cores()),
            limit=asyncio.Semaphore(plan.concurrency or UNDER_WAY),
            share_import=shares_import(plan.isolation),
            record=plan.record,
            started=observer.cell_started,
            finished=self._finished,
        )

    async def all(self) -> RunOutcome:
        _cancel_on_signals()
        self._observer.plan_ready(self._plan)
        interrupted = False
        try:
            async with AsyncExitStack() as stack:
                await self._open_gateways(stack)
                await self._rows()
                await self._probe_all("after")
        except asyncio.CancelledError:
            interrupted = True
        return RunOutcome(
            outcomes=tuple(self._agreed()),
            gateways=tuple(column.outcome() for column in self._columns.values()),
            interrupted=interrupted,
        )

    def _agreed(self) -> Iterator[CellOutcome]:
        """Yield the outcomes; where nobody knows the truth, the libraries are held against each other."""
        gateways = {cell.id: cell.gateway.name for cell in self._plan.cells}
        for name, column in self._columns.items():
            outcomes = [outcome for outcome in self._outcomes if gateways[outcome.cell] == name]
            yield from agreed(outcomes) if column.truth is None else outcomes

    async def _open_gateways(self, stack: AsyncExitStack) -> None:
        for column in self._columns.values():
            await column.open(stack)
        await self._probe_all("before")
        for column in self._columns.values():
            if column.remark is not None:
                self._observer.note(column.remark)

    async def _probe_all(self, when: str) -> None:
        await asyncio.gather(*(column.probe(when) for column in self._columns.values()))

    async def _rows(self) -> None:
        async with asyncio.TaskGroup() as group:
            for row in self._plan.rows:
                cells = [(c, self._columns[c.gateway.name]) for c in self._plan.asked if c.row.id == row.id]
                if cells:
                    run = RowRun(row, self._environments.get(row.id), self._means)
                    group.create_task(run.run(cells))

    def _finished(self, cell: PlannedCell, outcome: CellOutcome, column: Column) -> None:
        self._outcomes.append(outcome)
        self._observer.cell_finished(cell, outcome, column.outcome())


def _cancel_on_signals() -> None:
    """End the run on Ctrl-C and on SIGTERM; whoever is impatient and repeats it does not cut the ending short.

    Windows has asyncio's own way: the first Ctrl-C cancels, the second raises KeyboardInterrupt.
    """
    task = asyncio.current_task()
    if sys.platform != "win32" and task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _cores() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
