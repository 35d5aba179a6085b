"""Runs a plan: gateways up, reference client, all cells, reference client, gateways down.

A resumed run compares first: rows by what is installed, gateways by what the reference client reads.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.diagnose.control.attention import Attention
from harness.gateways.kinds import Opens, boots, open_gateway
from harness.gateways.opened import Opening
from harness.plan.matrix.environments import RowEnvironment, find_environments, installed_in, missing_interpreters
from harness.plan.matrix.rows import Row
from harness.plan.plan_model import Plan, PlannedCell
from harness.results.answers.agreement import told_together
from harness.results.journal import Journal
from harness.run.again import Again
from harness.run.column import Column
from harness.run.interruption import Interruption
from harness.run.leases import Booting, Timeline, leases
from harness.run.observer import Guarded, Observer
from harness.run.reader_process import Reader
from harness.run.row import Means, RowRun, shares_import
from harness.run.slots import Slots
from harness.shared.errors import IbCompatError, UsageError
from harness.shared.evidence import CellOutcome, RunOutcome

if TYPE_CHECKING:
    from harness.shared.evidence import GatewayOutcome

UNDER_WAY = 512
"""Most cells at once if the plan does not say: each is a process, most of them waiting."""

_PLACES_PER_CORE = 2


Told = Callable[[int, int, Row | None], None]
Build = Callable[[Sequence[Row], Told], Awaitable[None]]
"""Builds the environments of rows that have none, and reports how many of how many are done, and the row."""


def execute(
    plan: Plan,
    environments: Path,
    run_folder: Path,
    observer: Observer,
    build: Build | None = None,
    *,
    journal: Journal | None = None,
    interruption: Interruption | None = None,
    opens: Opens = open_gateway,
) -> RunOutcome:
    """Run every cell of a plan, except those that are skipped or that the journal already has.

    Args:
        plan: the cells to ask.
        environments: the folder of the rows' environments, such as ``.nox``.
        run_folder: the folder of the run; evidence goes to ``cells/`` in it.
        observer: is notified of progress.
        build: builds the environments of the rows while gateways start; ``None`` uses those that are there.
        journal: where each thing is recorded when it is seen [default: it is kept in memory only]
        interruption: handles the signals beyond this call [default: only during it]
        opens: opens each gateway.

    Returns:
        What was seen. On Ctrl-C, SIGTERM or SIGHUP everything that was started is ended at once, what is finished is
        kept, and ``interrupted`` is set.

    Raises:
        IbCompatError: what was seen cannot be recorded, or a resumed run meets other packages or gateways.
    """
    run = _Run(
        plan=plan,
        environments=environments,
        run_folder=run_folder,
        observer=Guarded(observer),
        build=build,
        journal=journal or Journal.in_memory(),
        opens=opens,
    )
    with Interruption() if interruption is None else nullcontext(interruption) as hears:
        return asyncio.run(run.all(hears))


class _Run:
    def __init__(
        self,
        *,
        plan: Plan,
        environments: Path,
        run_folder: Path,
        observer: Guarded,
        build: Build | None,
        journal: Journal,
        opens: Opens,
    ) -> None:
        self._plan = plan
        self._journal = journal
        self._asked = tuple(cell for cell in plan.asked if cell.id not in journal.seen.cells)
        self._environments, self._build, self._observer = environments, build, observer
        timeout = max((cell.connect_timeout for cell in plan.asked), default=4.0)
        asked = {cell.gateway.name: cell.gateway for cell in self._asked}
        cells = Counter(cell.gateway.name for cell in self._asked)
        self._attention = Attention()
        self._columns = {
            name: Column(
                spec,
                probe_timeout=timeout,
                cells=cells[name],
                attention=self._attention,
                looked=self._looked,
                opens=opens,
            )
            for name, spec in asked.items()
        }
        timeline = Timeline(journal.moment, passed=journal.passed)
        self._booting = Booting(opening=self._opening, timeline=timeline, at_once=plan.gateways_at_once, met=self._met)
        self._means = Means(
            run_folder=run_folder,
            slots=Slots(_PLACES_PER_CORE * _cores()),
            limit=asyncio.Semaphore(plan.concurrency or UNDER_WAY),
            share_import=shares_import(plan.isolation),
            record=plan.record,
            reader=Reader(alone=len(self._asked) == 1),
            timezone=plan.timezone,
            started=observer.cell_started,
            finished=self._finished,
            attention=self._attention,
            again=Again(len(self._asked)),
        )

    async def all(self, interruption: Interruption) -> RunOutcome:
        interrupted = False
        try:
            async with self._attention, interruption.ending():
                await self._everything()
        except asyncio.CancelledError:
            interrupted = True
        except Exception as problem:
            raise _told(problem) from problem
        finally:
            await self._means.reader.close()
        for column in self._columns.values():
            self._looked(column)
        seen = self._journal.seen.outcome(interrupted=interrupted)
        return await asyncio.to_thread(told_together, self._plan, seen)

    async def _everything(self) -> None:
        self._observer.plan_ready(replace(self._plan, cells=self._left))
        async with AsyncExitStack() as stack:
            await self._open_gateways(stack)
            async with asyncio.TaskGroup() as group:
                for lease in leases(self._columns.values()):
                    group.create_task(self._booting.in_turn(lease))
                group.create_task(self._rows())
            await self._probe_all("after")

    @property
    def _left(self) -> tuple[PlannedCell, ...]:
        """The cells that are not finished yet, including skipped ones."""
        return tuple(cell for cell in self._plan.cells if cell.id not in self._journal.seen.cells)

    def _looked(self, column: Column) -> None:
        self._journal.gateway(column.outcome())

    async def _open_gateways(self, stack: AsyncExitStack) -> None:
        """Open the gateways that need no boot. Their cells begin when the reference client has met all of them."""
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
            progress=partial(self._observer.progress, column.spec.name),
        )

    def _met(self, column: Column) -> None:
        refuse_other_gateway(self._journal.seen.before().get(column.spec.name), column.outcome())
        self._looked(column)
        if column.remark is not None:
            self._observer.note(column.remark)

    @property
    def _at_once(self) -> list[Column]:
        return [column for column in self._columns.values() if not boots(column.spec)]

    async def _probe_all(self, when: str) -> None:
        await asyncio.gather(*(column.probe(when) for column in self._at_once))

    async def _rows(self) -> None:
        if self._build is not None:
            asked = {cell.row.id for cell in self._asked}
            await self._build([row for row in self._plan.rows if row.id in asked], self._built)
        environments = find_environments(self._environments, self._plan.rows)
        without = missing_interpreters(environments)
        self._note_packages(environments)
        async with asyncio.TaskGroup() as group:
            for row in self._plan.rows:
                cells = [(c, self._columns[c.gateway.name]) for c in self._asked if c.row.id == row.id]
                if row.id in without:
                    for cell, column in cells:
                        self._means.again.one_over()
                        self._finished(cell, CellOutcome(cell=cell.id, skipped=without[row.id]), column)
                elif cells:
                    run = RowRun(row, environments.get(row.id), self._means)
                    group.create_task(run.run(cells))

    def _built(self, done: int, count: int, row: Row | None) -> None:
        del row
        words = "" if done == count else f"building {count}"
        self._observer.progress("environments", words, done / count)

    def _note_packages(self, environments: Mapping[str, RowEnvironment]) -> None:
        """Record what is installed for each row, or compare it with what was."""
        for row in dict.fromkeys(cell.row.id for cell in self._asked):
            if row in environments:
                self._note_cache(environments[row])
                now, was = installed_in(environments[row]), self._journal.seen.packages.get(row)
                refuse_other_packages(row, was, now)
                if was is None:
                    self._journal.built(row, now)

    def _note_cache(self, environment: RowEnvironment) -> None:
        if environment.cached:
            what = "was installed from the installer's cache, because the package index was not reached"
            self._observer.note(f"{environment.row}: {what}")

    def _finished(self, cell: PlannedCell, outcome: CellOutcome, column: Column) -> None:
        self._looked(column)
        self._journal.cell(outcome)
        column.cell_finished()
        self._observer.cell_finished(cell, outcome, column.outcome())


def _told(problem: BaseException) -> BaseException:
    """Return the error of an exception group that a user should see; anything else is returned unchanged."""
    for each in getattr(problem, "exceptions", ()):
        found = _told(each)
        if isinstance(found, IbCompatError):
            return found
    return problem


def _cores() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_HINT = "Put it back as it was, or begin a new run."
_NAMED = 3


def refuse_other_packages(row: str, was: Mapping[str, str] | None, now: Mapping[str, str]) -> None:
    """Compare a row's installed packages with those of the interrupted run, if they are known.

    Args:
        row: the row's id.
        was: package to version in the earlier part of the run; ``None`` if it did not get that far.
        now: package to version today.

    Raises:
        UsageError: they differ.
    """
    if was is None or was == now:
        return
    other = [
        f"{name} {was.get(name, 'was not there')} → {now.get(name, 'is gone')}"
        for name in {**was, **now}
        if was.get(name) != now.get(name)
    ]
    more = f", and {len(other) - _NAMED} more" if len(other) > _NAMED else ""
    raise UsageError(f"the run cannot be resumed: {row}: {', '.join(other[:_NAMED])}{more}", hint=_HINT)


def refuse_other_gateway(was: GatewayOutcome | None, now: GatewayOutcome) -> None:
    """Compare a gateway with what the interrupted run met, if it met the gateway.

    Raises:
        UsageError: it is another gateway, or it no longer answers.
    """
    if was is None or was.error is not None:
        return
    if now.error is not None:
        raise UsageError(f"the run cannot be resumed: {now.name} could not be started: {now.error}", hint=_HINT)
    pairs = {
        "server version": (was.server_version, now.server_version),
        "build": (was.boot and was.boot.build, now.boot and now.boot.build),
        "image": (was.boot and was.boot.digest, now.boot and now.boot.digest),
    }
    for what, (first, second) in pairs.items():
        if first != second and first is not None:
            told = "which does not answer" if second is None else str(second)
            raise UsageError(f"the run cannot be resumed: {now.name}: {what} {first} → {told}", hint=_HINT)
