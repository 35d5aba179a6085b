"""``ib-compat run``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options, screen
from harness.cli.planning import make_plan
from harness.report.markdown import draw_markdown
from harness.results.assemble import RunFacts, assemble, plan_file
from harness.results.exit import exit_code
from harness.results.files import write_plan, write_results
from harness.results.folder import GRID, create_run_folder, new_run_id, point_latest, write_atomically
from harness.results.outcome import RunOutcome
from harness.run import execute

if TYPE_CHECKING:
    from pathlib import Path

    from harness.errors import ExitCode
    from harness.plan.model import Plan
    from harness.results.model import Results


@click.command()
@options.matrix
@options.selection
@options.environments
@options.results
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Most cells at once.")
@click.option(
    "--isolation",
    type=click.Choice(["auto", "fork", "fresh"]),
    help="fork: one import a row; fresh: a new process a cell.",
)
@options.allow_live
@options.orders
@click.option("--record/--no-record", default=None, help="Keep what goes over the wire; kept unless the file says not.")
@options.as_json
@click.option("--no-board", is_flag=True, help="Lines of progress only, on a terminal too.")
def command(*, environments: Path, results: Path, as_json: bool, no_board: bool, **planning: Any) -> ExitCode:
    """Run a matrix: every library version against every gateway.

    The rows' environments must be there: `nox -s matrix` builds them and calls this. The grid goes to standard output,
    progress to standard error, evidence to results/<run>/.
    """
    plan = make_plan(environments, must_be_built=True, **planning)
    started = datetime.now(UTC)
    facts = RunFacts(
        id=new_run_id(started), started=started, command=("ib-compat", *sys.argv[1:]), ib_compat=version("ib-compat")
    )
    folder = create_run_folder(results, facts.id)
    write_plan(folder, plan_file(plan, facts))
    outcome = _execute(plan, environments, folder, board=not no_board)
    answer = assemble(plan, outcome, facts, ended=datetime.now(UTC))
    _keep(answer, folder)
    click.echo(answer.model_dump_json(indent=2) if as_json else screen.summary(answer, folder), color=True)
    return exit_code(answer)


def _execute(plan: Plan, environments: Path, folder: Path, *, board: bool) -> RunOutcome:
    """Run the plan; whatever an interruption leaves unsaid is ``not-run``."""
    with screen.progress(board=board) as observer:
        try:
            return execute(plan, environments=environments, run_folder=folder, observer=observer)
        except KeyboardInterrupt:
            return RunOutcome(outcomes=(), gateways=(), interrupted=True)


def _keep(results: Results, folder: Path) -> None:
    """Write what the run leaves; last of all ``latest``, so that it never points at half a run."""
    write_results(folder, results)
    write_atomically(folder / GRID, draw_markdown(results))
    point_latest(folder.parent, folder.name)
