"""Implements ``--shard``, ``--by`` and ``--times``: one part of a plan, split by measured time or by gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from harness.cli.runs import readable, reader_of
from harness.plan.jobs import job_plan
from harness.plan.shard import parse_shard, shard_plan
from harness.results.results_files import read_run
from harness.results.run_folder import run_folders
from harness.shared.errors import UsageError
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from harness.plan.plan_model import Plan
    from harness.results.results_model import Results

_RUNS_READ = 10
"""How many of the newest runs are searched for times; older ones say little."""


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--shard``, ``--by`` and ``--times``."""
    command = click.option(
        "--by",
        type=click.Choice(["time", "gateway"]),
        help="Split into parts that take equally long, or as the jobs of ib-compat plan --github. [default: time]",
    )(command)
    command = click.option(
        "--times",
        metavar="RUN",
        help="Take the times of this run: a name, a folder or a results.json. [default: the newest]",
    )(command)
    return click.option(
        "--shard", metavar="I/N", help="Only the I-th of N parts, such as 3/8; ib-compat merge joins them."
    )(command)


def sharded(plan: Plan, results: Path, *, shard: str | None, times: str | None, by: str | None = None) -> Plan:
    """Return the part of the plan that the options ask for, or the whole.

    Raises:
        UsageError: the shard is invalid, there are more shards than parts, or the options do not go together.
        ResultsError: the run named by ``times`` cannot be read.
    """
    if shard is None:
        if times is not None or by is not None:
            raise UsageError("--times and --by need --shard")
        return plan
    index, of = parse_shard(shard)
    if by == "gateway":
        if times is not None:
            raise UsageError("--by gateway uses no times, so it cannot be combined with --times")
        return job_plan(plan, index, of)
    # A running run has different times a minute later, and every part must be made with the same ones.
    runs = [read_run(results, times)] if times else _finished(results)
    return shard_plan(plan, index, of, _seconds(plan, runs))


def _finished(results: Path) -> Iterator[Results]:
    runs = readable(run_folders(results)[:_RUNS_READ], reader_of(results))
    yield from (run for run in runs if run.run.unfinished is None)


def refuse_with_resume(**options: str | None) -> None:
    """Raise UsageError if options would split a resumed run, which stays the part that it was."""
    named = [f"--{name}" for name, value in options.items() if value is not None]
    if named:
        raise UsageError(f"--resume runs the same cells as the run, but {', '.join(named)} would split them again")


def _seconds(plan: Plan, runs: Iterable[Results]) -> dict[str, float]:
    """Cell id to the seconds that it took in the first run that asked it."""
    wanted = {cell.id for cell in plan.asked}
    found: dict[str, float] = {}
    for run in runs:
        found.update({cell: seconds for cell, seconds in _taken(run) if cell in wanted - found.keys()})
        if found.keys() == wanted:
            break
    return found


def _taken(run: Results) -> Iterator[tuple[str, float]]:
    unasked = {Status.SKIPPED, Status.NOT_RUN}
    yield from ((name, cell.seconds) for name, cell in run.cells.items() if cell.status not in unasked)
