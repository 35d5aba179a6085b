"""Implements ``ib-compat run``, with ``--resume``: finds the run to resume, and checks that its cells still hold."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options, run_screen, sharding, streams
from harness.cli.options import selection_names
from harness.cli.performing import How, RunFailedError, go_on, perform
from harness.cli.planning import builder_in, make_plan
from harness.plan.plan_model import differences
from harness.results.journal import Wanted, came_to_its_end, read_journal
from harness.results.results_json import json_data
from harness.results.run_folder import JOURNAL, find_run, is_running, run_folders
from harness.results.run_standing import exit_code
from harness.shared.errors import JournalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.results.journal import Left
    from harness.results.results_model import Results
    from harness.shared.errors import ExitCode

NEWEST = "newest"
"""The name that ``--resume`` has without a value: the newest run that has cells left to ask."""

_LEAVE = ("allow_live", "orders")
"""Options that may cost money must be given again on resuming: a file in a folder is not a permission."""

_MAY_BE_NAMED = frozenset({"matrix", *_LEAVE})


def wanted_of(planning: Mapping[str, Any]) -> Wanted:
    """Return what the command line asks for, in the form of the journal."""
    rest = {name: value for name, value in planning.items() if name not in selection_names()}
    matrix = rest.pop("matrix")
    return Wanted(
        matrix=None if matrix is None else matrix.as_posix(),
        selection={name: planning[name] for name in selection_names()},
        **rest,
    )


def to_resume(results: Path, name: str, environments: Path | None, planning: Mapping[str, Any]) -> tuple[Path, Left]:
    """Return the folder of the run to resume, and its journal so far.

    Args:
        results: the folder for the runs' results.
        name: the name of the run, or ``NEWEST``.
        environments: the folder of the rows' environments; ``None`` if they will be built later.
        planning: the options of the plan on the present command line.

    Raises:
        UsageError: there is no such run, it is still running or complete, or something is not as it was.
    """
    _refuse_other_options(planning)
    folder, left = _newest(results) if name == NEWEST else (found := find_run(results, name), _read(found))
    _refuse_changes(left, environments, planning)
    return folder, left


def _refuse_other_options(planning: Mapping[str, Any]) -> None:
    named = [name for name, value in planning.items() if value not in (None, (), False) and name not in _MAY_BE_NAMED]
    if named:
        what = ", ".join(sorted(named))
        raise UsageError(f"--resume runs the same selection as the run, but another one was given: {what}")


def _newest(results: Path) -> tuple[Path, Left]:
    for folder in run_folders(results):
        if (folder / JOURNAL).is_file() and not came_to_its_end(folder):
            return folder, _read(folder)
    raise UsageError(f"{results}: contains no run with unfinished cells", hint="`ib-compat run` starts a new run.")


def _missing(left: Left) -> list[str]:
    cells = [cell.id for cell in left.plan.asked if cell.id not in left.seen.cells]
    return cells + [program.name for program in left.plan.programs if program.name not in left.seen.programs]


def _read(folder: Path) -> Left:
    if is_running(folder):
        raise UsageError(f"{folder}: this run is still running", hint="Wait until it ends, or end it.")
    try:
        left = read_journal(folder)
    except JournalError as problem:
        raise UsageError(str(problem), hint=problem.hint) from None
    if left.facts.ib_compat != version("ib-compat"):
        raise UsageError(f"{folder}: ib-compat {left.facts.ib_compat} started it, but this is {version('ib-compat')}")
    if left.wanted is None:
        raise UsageError(f"{folder}: is a step of bisect", hint="Start bisect again.")
    if not _missing(left):
        raise UsageError(f"{folder}: every cell of this run is finished", hint=f"`ib-compat report {folder.name}`.")
    return left


def _refuse_changes(left: Left, environments: Path | None, planning: Mapping[str, Any]) -> None:
    """Make the plan again and compare it with the one that the run had."""
    wanted = left.wanted or Wanted()
    for name in _LEAVE:
        if getattr(wanted, name) and not planning[name]:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"the run had {option}; pass it again to resume the run")
    now = make_plan(
        environments,
        must_be_built=True,
        matrix=planning["matrix"] or left.plan.matrix,
        **wanted.selection,
        **{name: getattr(wanted, name) for name in ("concurrency", "isolation", "record", *_LEAVE)},
    )
    was = left.plan.shard.whole if left.plan.shard else left.plan
    changed = differences(was, now)
    if changed:
        raise UsageError(f"the run cannot be resumed: {'; '.join(changed)}", hint="Restore it, or start a new run.")


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
    output, progress to standard error, and evidence to results/<run>/. Each result is saved as soon as it is there, so
    nothing finished is lost, however the run ends. --resume runs the rest, if matrix file, rows and gateways have not
    changed; pass --allow-live and --orders again if the run had them.
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
    streams.tell(json.dumps(json_data(answer), indent=2) if as_json else run_screen.summary(answer, folder))
