"""``ib-compat run``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from harness.cli import options, screen, sharding, streams
from harness.cli.performing import How, RunFailedError, go_on, perform
from harness.cli.planning import builder_in, make_plan
from harness.cli.resuming import NEWEST, to_resume, wanted_of
from harness.results.run_standing import exit_code

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.results_model import Results
    from harness.shared.errors import ExitCode


_EPILOG = """\b
Examples:
  ib-compat run --library 'ib_async*' --gateway '*-10.45-*'
  ib-compat run --matrix mine.toml --no-build
  ib-compat run --resume
"""


@click.command(epilog=_EPILOG)
@options.matrix
@options.selection
@options.environments
@options.results
@sharding.options
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Run at most this many cells at once.")
@click.option(
    "--isolation",
    type=click.Choice(["auto", "fork", "fresh"]),
    help="fork: import the library once per row; fresh: once per cell.",
)
@options.allow_live
@options.orders
@click.option(
    "--record/--no-record", default=None, help="Keep what goes over the wire. [default: as the file says, else yes]"
)
@options.as_json
@options.build
@click.option(
    "--resume",
    is_flag=False,
    flag_value=NEWEST,
    metavar="[RUN]",
    help="Go on with a run that ended early. [default: the newest with cells left]",
)
@click.option("--ends-with", type=int, metavar="PID", help="Stop when this process ends; nox passes its own.")
@click.option("--no-board", is_flag=True, help="Print progress as lines, also on a terminal.")
def command(
    *,
    environments: Path,
    results: Path,
    shard: str | None,
    times: str | None,
    by: str | None,
    as_json: bool,
    no_board: bool,
    build: bool,
    ends_with: int | None,
    resume: str | None,
    **planning: Any,
) -> ExitCode:
    """Run a matrix: every library version against every gateway.

    Missing environments are built first, from the package index or the installer's cache. The grid goes to standard
    output, progress to standard error, evidence to results/<run>/. Each result is kept there at once, whatever ends the
    run. --resume asks the rest if matrix file, rows and gateways have not changed; repeat --allow-live and --orders if
    the run had them.
    """
    how = How(board=not no_board, build=builder_in(environments).build if build else None, owner=ends_with)
    there = None if build else environments
    try:
        if resume is not None:
            sharding.refuse_with_resume(shard=shard, times=times, by=by)
            found, left = to_resume(results, resume, there, planning)
            answer, folder = go_on(left, environments, found, how), found
        else:
            wanted = wanted_of(planning)
            plan = make_plan(there, must_be_built=True, **planning)
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
