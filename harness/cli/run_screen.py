"""Draws a run's page and progress for the terminal that a command writes to."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from harness.cli.screen import width
from harness.views.terminal.live_board import Board
from harness.views.terminal.progress import LineProgress
from harness.views.terminal.style import style_of
from harness.views.terminal.summary import draw_summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.results.results_model import Results
    from harness.run.observer import Observer


def summary(results: Results, folder: Path) -> str:
    """The page of a run, for standard output."""
    return draw_summary(results, folder, width=width(), style=style_of(sys.stdout))


@contextmanager
def progress(*, board: bool) -> Iterator[Observer]:
    """Yield an observer of a run that writes to standard error: a live board on a terminal, lines elsewhere."""
    style = style_of(sys.stderr)
    if board and sys.stderr.isatty():
        with Board(Console(stderr=True, highlight=False), style) as watching:
            yield watching
    else:
        yield LineProgress(sys.stderr, style)
