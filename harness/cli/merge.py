"""Implements ``ib-compat merge``: joins the parts of a run."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli import options, run_screen
from harness.results.compare.program_changes import cells_of
from harness.results.merge import merge
from harness.results.results_files import move_latest, read_results, read_run, write_plan, write_results
from harness.results.results_json import json_data
from harness.results.results_model import PlanFile
from harness.results.run_folder import (
    GRID,
    PLAN,
    RESULTS,
    create_run_folder,
    find_run,
    run_folders,
    unwritable,
    write_atomically,
)
from harness.results.run_index.indexed_run import note_run
from harness.results.run_standing import exit_code
from harness.shared import private
from harness.shared.bounded_reading import inside, is_one_file, read_bytes
from harness.shared.errors import InputError, UnwritableError
from harness.views.page import write_page
from harness.views.terminal.markdown import draw_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.results_model import Results
    from harness.shared.errors import ExitCode

_MOST = 8 * 2**30
"""The most bytes of evidence that are copied, for all parts together."""

_MOST_PARTS = 1_000

_EPILOG = """\b
Examples:
  ib-compat merge parts/1 parts/2 parts/3 parts/4    what four machines left
  ib-compat merge 20261120T101112Z-ab12 20261120T101113Z-cd34

\b
Exit codes are those of `ib-compat run`; a cell that is in no part makes it 3.
"""


@click.command(epilog=_EPILOG)
@click.argument("parts", nargs=-1, required=True, metavar="PART...")
@options.results
@options.as_json
def command(*, parts: tuple[str, ...], results: Path, as_json: bool) -> ExitCode:
    """Merge the parts of a run that --shard split, with all their evidence.

    PART is the name of a run, its folder, its results.json, or a folder of runs. You may name parts in any order, and
    more than once. Parts of different runs are refused, and so are parts that contradict each other. A planned cell
    that is in no part is red.
    """
    read = list(islice((each for part in parts for each in _read(part, results)), _MOST_PARTS + 1))
    if len(read) > _MOST_PARTS:
        raise InputError(f"there are more than {_MOST_PARTS:,} parts")
    whole = merge([part for _, part in read])
    try:
        folder = _keep(whole, read, results)
    except UnwritableError:
        click.echo(run_screen.summary(whole, results / whole.run.id), color=True)  # even if the disk is full
        raise
    click.echo(json.dumps(json_data(whole), indent=2) if as_json else run_screen.summary(whole, folder), color=True)
    return exit_code(whole)


def _read(part: str, results: Path) -> Iterator[tuple[Path, Results]]:
    """Yield the runs that a word means, each with the folder of its evidence."""
    if is_one_file(Path(part)):
        yield Path(part).parent, read_run(results, part)
        return
    folder = find_run(results, part)
    for each in [folder] if _is_run(folder) else run_folders(folder) or [folder]:
        if (each / PLAN).is_file() and not os.path.lexists(each / RESULTS):
            click.echo(f"ib-compat: {each}: it ended before it could write its results; what it owes is red", err=True)
        else:
            yield each, read_results(each)


def _is_run(folder: Path) -> bool:
    return any(os.path.lexists(folder / name) for name in (PLAN, RESULTS))


def _keep(whole: Results, read: list[tuple[Path, Results]], results: Path) -> Path:
    """Write what a run of the whole would leave, and return its folder. The same parts always have the same folder."""
    run = whole.run
    folder = create_run_folder(results, run.id, may_exist=True)
    _copy_evidence(whole, read, folder)
    write_plan(
        folder,
        PlanFile(run=run.id, started=run.started, command=run.command, matrix=run.matrix, plan=whole.plan),
    )
    write_results(folder, whole)
    write_atomically(folder / GRID, draw_markdown(whole))
    write_page(whole, folder)
    move_latest(folder, whole)
    note_run(folder, whole)
    return folder


class _Room:
    """How many bytes of evidence may still be copied, for all parts together."""

    def __init__(self) -> None:
        self._left = _MOST

    def take(self, count: int, source: Path) -> None:
        """Count bytes that will be copied.

        Raises:
            InputError: they are more than may be copied.
        """
        self._left -= count
        if self._left < 0:
            raise InputError(f"{source}: the parts have more than {_MOST // 2**30} GiB of evidence")


def _copy_evidence(whole: Results, read: list[tuple[Path, Results]], folder: Path) -> None:
    """Copy the files of each cell, of a program, too, and of each gateway from the part that its record is from."""
    room, programs = _Room(), cells_of(whole)
    for source, part in read:
        if source.resolve() == folder.resolve():
            continue
        for name, cell in part.cells.items():
            if cell == whole.cells[name]:
                _copy(cell.artifacts, source, folder, room)
        for name, tried in cells_of(part).items():
            if tried == programs[name]:
                _copy(list(tried.artifacts), source, folder, room)
        for gateway in part.gateways.values():
            _copy(gateway.artifacts, source, folder, room)


def _copy(files: list[str], source: Path, folder: Path, room: _Room) -> None:
    """Copy files of evidence. If a part came without its evidence, its files are left out.

    Raises:
        InputError: one is a link, no ordinary file, or larger than any of ours; a part may come from anywhere.
    """
    for file in files:
        taken, kept = inside(source, file), inside(folder, file)
        if os.path.lexists(taken) and not os.path.lexists(kept):
            data = read_bytes(taken)
            room.take(len(data), source)
            try:
                private.make_folder(kept.parent)
                private.write(kept, data)
            except OSError as error:
                raise unwritable(kept, error) from None
