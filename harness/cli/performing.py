"""From a plan to what its run leaves: results, grid, and `latest`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness.cli import screen
from harness.evidence import RunOutcome
from harness.page import write_page
from harness.report.markdown import draw_markdown
from harness.results.assemble import RunFacts, assemble, plan_file
from harness.results.files import write_plan, write_results
from harness.results.folder import GRID, create_run_folder, new_run_id, write_atomically
from harness.results.latest import move_latest
from harness.run import execute

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan.model import Plan
    from harness.results.model import Results
    from harness.run.scheduler import Built


def perform(
    plan: Plan, environments: Path, results: Path, *, board: bool, built: Built | None = None
) -> tuple[Results, Path]:
    """Run a plan and keep what it leaves; return that and the run's folder.

    Args:
        plan: what is asked.
        environments: the folder of the rows' environments.
        results: where runs leave their results.
        board: show a live board where standard error is a terminal.
        built: waits until the environments are built; unless given they are there.
    """
    started = datetime.now(UTC)
    facts = RunFacts(
        id=new_run_id(started), started=started, command=("ib-compat", *sys.argv[1:]), ib_compat=version("ib-compat")
    )
    folder = create_run_folder(results, facts.id)
    write_plan(folder, plan_file(plan, facts))
    outcome = _execute(plan, environments, folder, board=board, built=built)
    answer = assemble(plan, outcome, facts, ended=datetime.now(UTC))
    _keep(answer, folder)
    return answer, folder


def _execute(plan: Plan, environments: Path, folder: Path, *, board: bool, built: Built | None) -> RunOutcome:
    """Run the plan; whatever an interruption leaves unsaid is ``not-run``."""
    with screen.progress(board=board) as observer:
        try:
            return execute(plan, environments=environments, run_folder=folder, observer=observer, built=built)
        except KeyboardInterrupt:
            return RunOutcome(outcomes=(), gateways=(), interrupted=True)


def _keep(results: Results, folder: Path) -> None:
    """Write what the run leaves; last of all ``latest``, so that it never points at half a run."""
    write_results(folder, results)
    write_atomically(folder / GRID, draw_markdown(results))
    write_page(results, folder)
    move_latest(folder, results)
