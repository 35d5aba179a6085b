"""Implements ``ib-compat prune``: removes the evidence of old runs, or old runs as a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.cli.runs import reader_of
from harness.results.pruning import old_runs, remove
from harness.shared.amounts import counted, size

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.pruning import Old

_EPILOG = """\b
Examples:
  ib-compat prune --dry-run          what would go, and how much
  ib-compat prune --keep 90
  ib-compat prune --keep 365 --runs  forget what is older than the newest 365 runs
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    metavar="N",
    help="The newest N runs of each matrix file keep all that they left.",
)
@click.option("--red", is_flag=True, help="Also remove the evidence of what was not as expected.")
@click.option("--runs", "whole", is_flag=True, help="Remove older runs as a whole: history forgets them.")
@click.option("--dry-run", is_flag=True, help="Only print what would be removed.")
@options.results
@options.as_json
def command(*, keep: int, red: bool, whole: bool, dry_run: bool, results: Path, as_json: bool) -> None:
    """Remove the evidence of old runs.

    Results stay, so history, compare, upgrade and pins still know the runs. So does the evidence of cells and programs
    that were not as expected, and of programs of which nobody can tell. The run that `latest`, or a link like it, names
    is kept, and so is one that still runs, that cannot be read, or that was not finished and can be resumed.
    """
    old = list(old_runs(results, reader_of(results), keep=keep, red=red, whole=whole))
    if not dry_run:
        for each in old:
            remove(each)
    if as_json:
        click.echo(json.dumps([_document(each, removed=not dry_run) for each in old], indent=2))
        return
    for each in old:
        click.echo(_line(each, dry_run=dry_run))
    click.echo(_sum(old, dry_run=dry_run))


def _line(old: Old, *, dry_run: bool) -> str:
    what = "the run" if old.whole else "evidence"
    return f"{'would remove' if dry_run else 'removed'} {what} of {old.folder.name}: {size(old.size)}"


def _sum(old: list[Old], *, dry_run: bool) -> str:
    if not old:
        return "nothing is old enough"
    freed = size(sum(each.size for each in old))
    return f"{counted(len(old), 'run')}, {freed}" + (": run it without --dry-run to remove that" if dry_run else "")


def _document(old: Old, *, removed: bool) -> dict[str, Any]:
    return {
        "run": old.folder.name,
        "files": len(old.files),
        "bytes": old.size,
        "whole": old.whole,
        "removed": removed,
    }
