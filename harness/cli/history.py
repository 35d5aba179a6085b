"""Implements ``ib-compat history``: shows how cells came out over many runs."""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from harness.cli import options, screen
from harness.cli.runs import readable
from harness.plan.selection import find_cell
from harness.results.compare.cell_history import history, whole_runs
from harness.results.run_folder import run_folders
from harness.shared.errors import ResultsError
from harness.views.terminal.history_page import draw_histories, history_document
from harness.views.terminal.style import style_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.results.results_model import CellInfo, Results

_RUNS = 30
_EPILOG = """\b
Examples:
  ib-compat history "ib_async==2.1.0/*/gateway-10.45-paper"   one cell, run by run
  ib-compat history ib_async==2.1.0                           a row
  ib-compat history gateway-10.45-paper --last 100            a column
"""


@click.command(epilog=_EPILOG)
@click.argument("what")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=_RUNS,
    show_default=True,
    metavar="N",
    help="Look at this many of the newest runs.",
)
@options.results
@options.as_json
def command(*, what: str, last: int, results: Path, as_json: bool) -> None:
    """Show how a cell, a row or a gateway did in all runs.

    It shows how often each cell passed in the runs that asked it, how long it took to connect (the median), and in
    which run it last changed. A cell is flaky if it changed back and forth while library, Python, gateway and its
    build, expectations and system stayed the same; it says in how many runs of how many. Nothing is run for this. A run
    that died, or is still running, is listed with its progress, and its finished cells count. WHAT may be a glob.
    """
    runs = whole_runs(readable(run_folders(results)[:last]))
    if not runs:
        raise ResultsError(f"{results}: contains no readable run", hint="ib-compat run makes one.")
    found = [history(cell, runs) for cell in _cells(what, runs)]
    if as_json:
        click.echo(json.dumps([history_document(each) for each in found], indent=2))
    else:
        click.echo(draw_histories(found, width=screen.width(), style=style_of(sys.stdout)), color=True)


def _cells(what: str, runs: Sequence[Results]) -> list[str]:
    """Return the cells of a row, a gateway or a glob, in the newest run's order, else the one whose id has the word."""
    cells = {name: cell for run in reversed(runs) for name, cell in run.cells.items()}
    pattern = what.casefold()
    found = [
        name
        for name, cell in cells.items()
        if any(fnmatchcase(each.casefold(), pattern) for each in _names(name, cell))
    ]
    return found or [find_cell(what, cells)]


def _names(name: str, cell: CellInfo) -> tuple[str, ...]:
    return name, cell.row, cell.row.rpartition("/")[0], cell.gateway
