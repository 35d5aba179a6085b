"""Draws a run's page and progress for the terminal that a command writes to."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness.results.run_folder import find_run
from harness.views.terminal.live_board import Board
from harness.views.terminal.progress import LineProgress
from harness.views.terminal.style import style_of
from harness.views.terminal.summary import draw_summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.results.results_model import Results
    from harness.run.observer import Observer
    from harness.views.terminal.cell_seen import Seen
    from harness.views.terminal.program_show import SeenProgram


def width() -> int:
    """Return the characters in a line: those of the terminal, the value of ``COLUMNS``, or 80."""
    return shutil.get_terminal_size().columns


def summary(results: Results, folder: Path) -> str:
    """The page of a run, for standard output."""
    return draw_summary(results, folder, width=width(), style=style_of(sys.stdout))


def tell_which_run(results: Path, *cells: Seen | SeenProgram) -> None:
    """Write which run the cells come from, if none was named and it is not the latest complete one."""
    latest = find_run(results)
    for cell in cells:
        if cell.folder.name != latest.name:
            said = f"{cell.id}: of the run {cell.folder.name}; the latest complete one is {latest.name}"
            click.echo(said, err=True)


@contextmanager
def progress(*, board: bool) -> Iterator[Observer]:
    """Yield an observer of a run that writes to standard error: a live board on a terminal, lines elsewhere."""
    style = style_of(sys.stderr)
    if board and sys.stderr.isatty():
        with Board(Console(stderr=True, highlight=False), style) as watching:
            yield watching
    else:
        yield LineProgress(sys.stderr, style)
