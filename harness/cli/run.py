"""``ib-compat run``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from harness.cli import options, screen, sharding, streams
from harness.cli.building import built, refuse_deaf_input
from harness.cli.performing import How, RunFailedError, go_on, perform
from harness.cli.planning import make_plan
from harness.cli.resuming import NEWEST, to_resume, wanted_of
from harness.results.exit_code import exit_code

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.results_model import Results
    from harness.shared.errors import ExitCode


@click.command()
@options.matrix
@options.selection
@options.environments
@options.results
@sharding.options
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
@click.option(
    "--await-environments",
    is_flag=True,
    help="Bring up gateways while somebody builds the environments, who then writes `ready` to standard input.",
)
@click.option(
    "--resume",
    is_flag=False,
    flag_value=NEWEST,
    metavar="[RUN]",
    help="Go on with a run that ended before its time: the newest that has cells left, unless named.",
)
@click.option("--ends-with", type=int, metavar="PID", help="End when this process has ended; nox names its own.")
@click.option("--no-board", is_flag=True, help="Lines of progress only, on a terminal too.")
def command(
    *,
    environments: Path,
    results: Path,
    shard: str | None,
    times: str | None,
    by: str | None,
    as_json: bool,
    no_board: bool,
    await_environments: bool,
    ends_with: int | None,
    resume: str | None,
    **planning: Any,
) -> ExitCode:
    """Run a matrix: every library version against every gateway.

    The rows' environments must be there: `nox -s matrix` builds them and calls this. The grid goes to standard output,
    progress to standard error, evidence to results/<run>/. What is finished is kept there at once, whatever ends the
    run: --resume asks the rest, where matrix file, rows and gateways are as they were, and with --allow-live and
    --orders where the run had them.
    """
    if await_environments:
        refuse_deaf_input()
    how = How(board=not no_board, built=built if await_environments else None, owner=ends_with)
    try:
        if resume is not None:
            sharding.refuse_with_resume(shard=shard, times=times, by=by)
            found, left = to_resume(results, resume, environments, planning, built=not await_environments)
            answer, folder = go_on(left, environments, found, how), found
        else:
            wanted = wanted_of(planning)
            plan = make_plan(environments, must_be_built=not await_environments, **planning)
            plan = sharding.sharded(plan, results, shard=shard, times=times, by=by)
            answer, folder = perform(plan, environments, results, how, wanted=wanted)
    except RunFailedError as failed:
        if failed.results is not None:
            _tell(failed.results, failed.folder, as_json=as_json)
        raise
    _tell(answer, folder, as_json=as_json)
    return exit_code(answer)


def _tell(answer: Results, folder: Path, *, as_json: bool) -> None:
    streams.tell(answer.model_dump_json(indent=2) if as_json else screen.summary(answer, folder))
