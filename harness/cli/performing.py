"""Runs a plan and writes its results, the grid, and `latest`.

At the end it names processes that could not be ended, because only a person can deal with them.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import click
import psutil

from harness.cli import run_screen
from harness.cli.build import tell_built
from harness.results.answers.agreement import told_together
from harness.results.assemble import RunFacts, assemble, plan_file
from harness.results.journal import begun, resumed
from harness.results.packed_evidence import pack_expected
from harness.results.results_files import move_latest, write_plan, write_results
from harness.results.run_folder import GRID, create_run_folder, new_run_id, write_atomically
from harness.results.run_index.indexed_run import note_run
from harness.run.interruption import Interruption
from harness.run.scheduler import execute
from harness.shared import untrusted
from harness.shared.errors import IbCompatError, ResultsError, UsageError
from harness.shared.evidence import RunOutcome
from harness.shared.secrets_taken import whole_environment
from harness.views.page import write_page
from harness.views.terminal.markdown import draw_markdown
from harness.views.terminal.program_page import draw_ran

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from harness.plan.matrix.program_spec import ProgramSpec
    from harness.plan.matrix.rows import Row
    from harness.plan.plan_model import Plan
    from harness.programs.program import Ran
    from harness.results.journal import Journal, Left, Wanted
    from harness.results.program_results import ProgramSeen
    from harness.results.results_model import Results
    from harness.run.scheduler import Build

_FAILURE = "failure.txt"
"""Name of the file with the traceback of a failure, for the person who fixes it."""


class RunFailedError(IbCompatError):
    """A run failed, or cannot save its results; what it had finished is kept."""

    def __init__(self, message: str, *, hint: str = "", results: Results | None, folder: Path) -> None:
        super().__init__(message, hint=hint)
        self.results = results
        self.folder = folder


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a run is performed.

    Args:
        board: whether to show a live board if standard error is a terminal.
        build: builds the environments of the rows; ``None`` uses those that are there.
        owner: id of the process whose end ends the run; ``None`` for none.
    """

    board: bool
    build: Build | None = None
    owner: int | None = None


def perform(
    plan: Plan, environments: Path, results: Path, how: How, *, wanted: Wanted | None = None
) -> tuple[Results, Path]:
    """Run a plan and save its results; return them and the run's folder.

    Args:
        plan: what to ask.
        environments: the folder of the rows' environments.
        results: the folder for the runs' results.
        how: how to perform it.
        wanted: what the command line asked for.

    Raises:
        RunFailedError: the run failed, or its results cannot be written.
    """
    with Interruption(how.owner, last=True) as interruption:
        started, began = datetime.now(UTC), time.monotonic()
        facts = RunFacts(
            id=new_run_id(started),
            started=started,
            command=_command(),
            ib_compat=version("ib-compat"),
        )
        folder = create_run_folder(results, facts.id)
        write_plan(folder, plan_file(plan, facts))
        run = _Run(
            plan=plan,
            environments=environments,
            folder=folder,
            facts=facts,
            how=how,
            interruption=interruption,
        )
        return run.through(begun(folder, plan, facts, wanted, since=began)), folder


def go_on(left: Left, environments: Path, folder: Path, how: How) -> Results:
    """Ask the cells that a run has not asked, and save the results of the whole in its folder.

    Args:
        left: the run's journal so far.
        environments: the folder of the rows' environments.
        folder: the folder of the run.
        how: how to perform it.

    Raises:
        UsageError: a row or a gateway is not as it was.
        RunFailedError: as for ``perform``.
    """
    with Interruption(how.owner, last=True) as interruption:
        run = _Run(
            plan=left.plan,
            environments=environments,
            folder=folder,
            facts=left.facts,
            how=how,
            interruption=interruption,
        )
        return run.through(resumed(folder, left.seen, _command()))


def _command() -> tuple[str, ...]:
    return ("ib-compat", *sys.argv[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run from its first line in the journal to the last of its results."""

    plan: Plan
    environments: Path
    folder: Path
    facts: RunFacts
    how: How
    interruption: Interruption

    def through(self, opened: AbstractContextManager[Journal]) -> Results:
        """Run, and write the results, whatever happens.

        Raises:
            RunFailedError: the run failed, or its results cannot be written.
        """
        outcome, answer, problem = None, None, None
        with opened as journal:
            try:
                outcome = self._executed(journal)
            except UsageError:
                raise
            except KeyboardInterrupt:
                pass
            except Exception as error:  # noqa: BLE001 - whatever it is, what was finished is kept
                problem = error
            try:
                outcome = outcome or told_together(self.plan, journal.seen.outcome(interrupted=True))
                answer = assemble(
                    self.plan,
                    outcome,
                    self.facts,
                    ended=datetime.now(UTC),
                    seconds=journal.passed,
                    tried=journal.seen.programs,
                )
                answer = pack_expected(answer, self.folder)
                _keep(answer, self.folder)
                if problem is None:
                    journal.ended(interrupted=outcome.interrupted)
            except Exception as error:  # noqa: BLE001 - as above
                problem = problem or error
        if answer is not None:
            tell_left(answer)
        if problem is None and answer is not None:
            return answer
        raise self._failed(problem, answer)

    def _executed(self, journal: Journal) -> RunOutcome:
        exposed = untrusted.exposed(whole_environment())
        if exposed:
            click.echo(f"ib-compat: {exposed}. Unset what this run does not need.", err=True)
        outcome = RunOutcome(outcomes=(), gateways=())
        if self.plan.cells:
            with run_screen.progress(board=self.how.board) as observer:
                outcome = execute(
                    self.plan,
                    environments=self.environments,
                    run_folder=self.folder,
                    observer=observer,
                    build=self.how.build,
                    journal=journal,
                    interruption=self.interruption,
                )
        if not outcome.interrupted:
            outcome = replace(outcome, interrupted=self._tried(journal))
        return outcome

    def _tried(self, journal: Journal) -> bool:
        """Run the programs that the journal does not have; return whether the user ended it."""
        for spec in self.plan.programs:
            if spec.name not in journal.seen.programs:
                try:
                    seen = asyncio.run(self._program(spec))
                except asyncio.CancelledError:
                    if not self.interruption.happened:
                        raise
                    return True
                journal.program(spec.name, seen)
        return False

    async def _program(self, spec: ProgramSpec) -> ProgramSeen:
        from harness.run.programs.program_rows import run_program_row  # noqa: PLC0415 - runs without one need no simulator

        async with self.interruption.ending():
            return await run_program_row(spec, self.environments, self.folder, build=self._build, tell=_tell_ran)

    async def _build(self, rows: Sequence[Row]) -> None:
        if self.how.build is not None:
            await self.how.build(rows, tell_built)

    def _failed(self, problem: Exception | None, answer: Results | None) -> RunFailedError:
        kept = f"What was finished is kept: `ib-compat run --resume {self.facts.id}` asks the rest."
        if isinstance(problem, IbCompatError):
            return RunFailedError(str(problem), hint=kept, results=answer, folder=self.folder)
        with suppress(ResultsError):
            write_atomically(self.folder / _FAILURE, "".join(traceback.format_exception(problem)))
        message = f"the run failed: {type(problem).__name__}: {problem}"
        return RunFailedError(message, hint=kept, results=answer, folder=self.folder)


def _tell_ran(spec: ProgramSpec, ran: Ran) -> None:
    click.echo(draw_ran(ran, spec.name), err=True)


def _keep(results: Results, folder: Path) -> None:
    """Write the files of a run, and finally ``latest``, so that it never points to an incomplete run."""
    write_results(folder, results)
    write_atomically(folder / GRID, draw_markdown(results))
    write_page(results, folder)
    move_latest(folder, results)
    note_run(folder, results)


def tell_left(results: Results) -> None:
    """Write to standard error which processes of a run still exist, of which cells, and how to look at them."""
    for name, cell in results.cells.items():
        if cell.left is not None and _is_there(cell.left):
            click.echo(
                f"ib-compat: process {cell.left} of {name} could not be ended and may keep client id {cell.client_id} "
                f"at the gateway; `{_look(cell.left)}` shows it",
                err=True,
            )


def _is_there(pid: int) -> bool:
    """Return whether a process is running; a zombie is not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it is there, and may not be looked at
        return True


def _look(pid: int) -> str:
    return f'tasklist /FI "PID eq {pid}"' if sys.platform == "win32" else f"ps -p {pid}"
