"""Manages a row during a run: its environment, its worker, and its cells."""

from __future__ import annotations

import asyncio
import errno
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.checks.all import BY_NAME
from harness.diagnose.cell_verdict import LATE
from harness.diagnose.control.attention import Attention
from harness.diagnose.install_failures import why_not_installed
from harness.plan.matrix.environments import RowEnvironment
from harness.plan.matrix.rows import Row
from harness.plan.plan_model import PlannedCell
from harness.results.evidence_file import write_checks
from harness.results.journal.journal_writing import no_room
from harness.run.again import Again, may_be_of_others, unexpectedly_red
from harness.run.cell_asking import Asking, ask
from harness.run.column import Column
from harness.run.reader_process import Reader
from harness.run.slots import Slots
from harness.run.worker_process import Worker
from harness.shared.errors import WorkerError
from harness.shared.evidence import CellOutcome, CheckRecord
from harness.shared.status import Status

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Errors of a full disk. The cell that was just asked cannot be saved, and a resumed run asks it again."""


def shares_import(isolation: str) -> bool:
    """Return whether cells share their row's import by forking; only on Linux is that safe with libraries loaded."""
    return isolation in ("auto", "fork") and sys.platform == "linux"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all rows of a run share.

    Args:
        run_folder: the folder for the evidence.
        slots: places on the processor.
        limit: how many cells may be in progress at once, waiting ones included.
        share_import: whether one worker a row forks all its cells, or each cell has a worker of its own.
        record: whether what goes over the wire is recorded.
        reader: reads what cells leave behind.
        timezone: IANA name of the zone in which the rows' processes run; ``None`` for this computer's.
        started: called when a cell begins.
        finished: called with what was seen of a cell, and its column.
        attention: measures how late our own event loop is.
        again: decides when cells are asked a second time.
    """

    run_folder: Path
    slots: Slots
    limit: asyncio.Semaphore
    share_import: bool
    record: bool
    reader: Reader
    timezone: str | None
    started: Callable[[PlannedCell], None]
    finished: Callable[[PlannedCell, CellOutcome, Column], None]
    attention: Attention
    again: Again


class RowRun:
    """One row of the run.

    Args:
        row: which.
        environment: as its builder left it; ``None`` if it was not built.
        means: what all rows share.
    """

    def __init__(self, row: Row, environment: RowEnvironment | None, means: Means) -> None:
        self._row = row
        self._environment = environment
        self._means = means
        self._shared: Worker | None = None
        self._broken: str | None = None

    async def run(self, cells: Sequence[tuple[PlannedCell, Column]]) -> None:
        """Run the row's cells side by side, as far as gateways and processor allow."""
        try:
            if self._means.share_import and self._python() is not None:
                await self._start_shared()
            async with asyncio.TaskGroup() as group:
                for cell, column in cells:
                    group.create_task(self._cell(cell, column))
        finally:
            if self._shared is not None:
                await self._shared.close()

    def _python(self) -> Path | None:
        environment = self._environment
        return environment.python if environment is not None and environment.installed else None

    async def _start_shared(self) -> None:
        self._shared = self._new_worker("fork")
        async with self._means.slots.held():
            try:
                ready = await self._shared.start()
            except WorkerError as problem:
                self._broken = str(problem)
                return
        if ready.exclusive:
            shared, self._shared = self._shared, None
            await shared.close()

    def _new_worker(self, mode: str) -> Worker:
        python = self._python()
        if python is None:
            raise WorkerError(f"{self._row.id} has no interpreter")
        return Worker(
            python=python,
            adapter=self._row.adapter,
            distribution=self._row.distribution,
            mode=mode,
            timezone=self._means.timezone,
        )

    async def _cell(self, cell: PlannedCell, column: Column) -> None:
        """Ask a cell, and again when it is alone, if other activity may have made it red."""
        await column.begun()
        async with column.seats, self._means.limit:
            self._means.started(cell)
            outcome, sure = await self._look(cell, column)
        self._means.again.one_over()
        if not sure:
            async with self._means.again.alone(column.spec.name) as there_is_time, column.seats:
                if there_is_time:
                    first = outcome
                    column.forget(cell)
                    outcome, _ = await self._look(cell, column)
                    outcome = replace(outcome, left=outcome.left or first.left)
        self._means.finished(cell, outcome, column)

    async def _look(self, cell: PlannedCell, column: Column) -> tuple[CellOutcome, bool]:
        """Return what was seen of a cell, and whether a second look would show the same."""
        began = self._means.attention.moment()
        with column.crowd.guest() as crowd:
            try:
                outcome = await self._outcome(cell, column)
            except OSError as problem:
                if problem.errno in _FULL:
                    raise no_room(str(self._means.run_folder), problem) from None
                outcome = CellOutcome(cell=cell.id, worker_error=f"its evidence cannot be kept: {problem}")
        column.refuse(outcome.skipped)
        unexpected = unexpectedly_red(cell, outcome)
        crowded = unexpected and crowd.met and may_be_of_others(outcome)
        outcome = replace(outcome, late=self._means.attention.latest(began), crowded=crowded)
        sure = True
        if _was_there(outcome) and (column.delicate or _is_unwell(outcome)):
            sure = await column.check_after(cell.id)
        if column.delicate or not column.answered or not _was_there(outcome) or not unexpected:
            return outcome, True
        return outcome, sure and outcome.late < LATE and not crowded

    async def _outcome(self, cell: PlannedCell, column: Column) -> CellOutcome:
        installed = self._installed()
        if installed is None:
            return self._not_asked(cell, [], "its environment was not built; run: nox -s env")
        if installed.status is not Status.PASS:
            return self._not_asked(cell, [installed])
        if column.error is not None:
            known = [installed, self._shared.ready.imported] if self._shared is not None else [installed]
            return self._not_asked(cell, known, f"gateway {column.spec.name}: {column.error}")
        if column.passed_over is not None:
            return CellOutcome(cell=cell.id, skipped=column.passed_over)
        return await self._asked(cell, column, installed)

    async def _asked(self, cell: PlannedCell, column: Column, installed: CheckRecord) -> CellOutcome:
        """Ask a cell. If the row's worker ends meanwhile, which any of its cells may have caused, ask it in its own.

        A cell that sends orders is not asked twice.
        """
        outcome = await self._asked_once(cell, column, installed)
        lost = outcome.worker_error is not None and self._shared is not None and self._shared.ended is not None
        if lost and not cell.orders:
            return await self._asked_once(cell, column, installed)
        return outcome

    async def _asked_once(self, cell: PlannedCell, column: Column, installed: CheckRecord) -> CellOutcome:
        began = time.monotonic()
        try:
            async with self._means.slots.held(self._order(cell, column)) as lease, self._worker() as worker:
                lease.end_after(column.patience)
                asked = Asking(
                    address=column.address,
                    tapped=column.tapped,
                    record=self._means.record,
                    rein=column.rein,
                    turn=column.turn(),
                    truth=column.truth,
                    round_trip=column.round_trip,
                    run_folder=self._means.run_folder,
                    reader=self._means.reader,
                    over=lease.end,
                    timezone=self._means.timezone,
                )
                return await ask(worker, cell, asked, before=[installed])
        except WorkerError as problem:
            outcome = self._not_asked(cell, [installed], str(problem))
            return replace(outcome, seconds=time.monotonic() - began)

    def _order(self, cell: PlannedCell, column: Column) -> tuple[int]:
        """Return a cell's place in the queue.

        Cells whose library asks what the gateway is too old to answer come first, because they wait for a timeout.
        """
        shared = self._shared if self._broken is None else None
        announced = shared.ready.announced if shared is not None else None
        there = column.outcome().server_version
        if announced is None or there is None:
            return (1,)
        gates = (BY_NAME[name].gate for name in cell.checks if name in BY_NAME)
        return (0,) if any(there < gate <= announced.max for gate in gates) else (1,)

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[Worker]:
        """Yield the row's worker, or if that has ended one for this cell alone, so that no cell can harm another."""
        if self._broken is not None:
            raise WorkerError(self._broken)
        if self._shared is not None and self._shared.ended is None:
            yield self._shared
            return
        worker = self._new_worker("once")
        try:
            await worker.start()
            yield worker
        finally:
            await worker.close()

    def _installed(self) -> CheckRecord | None:
        environment = self._environment
        if environment is None:
            return None
        if environment.installed:
            detail = {"requirements": list(environment.requirements)}
            return CheckRecord(name="install", status=Status.PASS, seconds=environment.seconds, detail=detail)
        reason = environment.log.strip() or "the installer failed without a word"
        cause = why_not_installed(reason)
        status = Status.FAIL if cause is not None and cause.proves else Status.ERROR
        return CheckRecord(name="install", status=status, seconds=environment.seconds, reason=reason)

    def _not_asked(self, cell: PlannedCell, checks: list[CheckRecord], error: str | None = None) -> CellOutcome:
        folder = self._means.run_folder / cell.folder
        write_checks(folder, checks)
        artifact = (cell.folder / "evidence.jsonl").as_posix()
        return CellOutcome(cell=cell.id, checks=tuple(checks), worker_error=error, artifacts=(artifact,))


def _was_there(outcome: CellOutcome) -> bool:
    """Return whether a cell came as far as the gateway."""
    return any(check.name == "import" and check.status is Status.PASS for check in outcome.checks)


def _is_unwell(outcome: CellOutcome) -> bool:
    """Return whether a cell ended so that it may have left the gateway unwell."""
    unwell = any(check.status is not Status.PASS for check in outcome.checks)
    return unwell or outcome.killed or outcome.worker_error is not None
