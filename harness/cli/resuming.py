"""``ib-compat run --resume``: which run, and whether what it has finished still speaks of the same."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from harness.cli.options import selection_names
from harness.cli.planning import make_plan
from harness.plan.plan_differences import differences
from harness.results.journal import JOURNAL, Wanted, came_to_its_end, is_running, read_journal
from harness.results.run_folder import find_run, run_folders
from harness.shared.errors import JournalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.results.journal import Left

NEWEST = "newest"
"""What ``--resume`` means without a name: the newest run that has cells left to ask."""

_LEAVE = ("allow_live", "orders")
"""What may cost money is said again by whoever goes on: a file in a folder gives no leave."""

_MAY_BE_NAMED = frozenset({"matrix", *_LEAVE})


def wanted_of(planning: Mapping[str, Any]) -> Wanted:
    """What the command line asks for, as the journal keeps it."""
    rest = {name: value for name, value in planning.items() if name not in selection_names()}
    matrix = rest.pop("matrix")
    return Wanted(
        matrix=None if matrix is None else matrix.as_posix(),
        selection={name: planning[name] for name in selection_names()},
        **rest,
    )


def to_resume(results: Path, name: str, environments: Path | None, planning: Mapping[str, Any]) -> tuple[Path, Left]:
    """The folder of the run that is to go on, where it can, and what it has left.

    Args:
        results: where runs leave their results.
        name: of the run, or ``NEWEST``.
        environments: where the rows' environments are; ``None`` where they are yet to be built.
        planning: the options of the plan, as the command line has them now.

    Raises UsageError where there is none, where it goes on or has nothing left, and where something is not as it was.
    """
    _refuse_other_options(planning)
    folder, left = _newest(results) if name == NEWEST else (found := find_run(results, name), _read(found))
    _refuse_changes(left, environments, planning)
    return folder, left


def _refuse_other_options(planning: Mapping[str, Any]) -> None:
    named = [name for name, value in planning.items() if value not in (None, (), False) and name not in _MAY_BE_NAMED]
    if named:
        what = ", ".join(sorted(named))
        raise UsageError(f"--resume asks what the run asked, and something else is selected: {what}")


def _newest(results: Path) -> tuple[Path, Left]:
    for folder in run_folders(results):
        if (folder / JOURNAL).is_file() and not came_to_its_end(folder):
            return folder, _read(folder)
    raise UsageError(f"{results}: holds no run with cells left to ask", hint="`ib-compat run` begins one.")


def _missing(left: Left) -> list[str]:
    return [cell.id for cell in left.plan.asked if cell.id not in left.seen.cells]


def _read(folder: Path) -> Left:
    if is_running(folder):
        raise UsageError(f"{folder}: this run goes on", hint="Wait until it has ended, or end it.")
    try:
        left = read_journal(folder)
    except JournalError as problem:
        raise UsageError(str(problem), hint=problem.hint) from None
    if left.facts.ib_compat != version("ib-compat"):
        raise UsageError(f"{folder}: was begun by ib-compat {left.facts.ib_compat}, and this is {version('ib-compat')}")
    if left.wanted is None:
        raise UsageError(f"{folder}: is a step of a bisection", hint="Begin the bisection again.")
    if not _missing(left):
        raise UsageError(f"{folder}: every cell of this run is finished", hint=f"`ib-compat report {folder.name}`.")
    return left


def _refuse_changes(left: Left, environments: Path | None, planning: Mapping[str, Any]) -> None:
    """Make the plan again and hold it against the one that the run had."""
    wanted = left.wanted or Wanted()
    for name in _LEAVE:
        if getattr(wanted, name) and not planning[name]:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"the run was given {option}; say it again to go on with it")
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
        raise UsageError(
            f"the run cannot go on: {'; '.join(changed)}", hint="Put it back as it was, or begin a new run."
        )
