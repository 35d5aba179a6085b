"""Implements ``ib-compat history``: shows how cells came out over many runs."""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

import click

from harness.cli import options, screen
from harness.cli.runs import readable, reader_of
from harness.plan.selection import find_cell
from harness.results.compare.cell_history import history, whole_runs
from harness.results.compare.program_changes import cells_of
from harness.results.compare.program_history import program_history
from harness.results.decide.program_decision import without_bisections
from harness.results.run_folder import run_folders
from harness.shared.errors import NoSuchCellError, ResultsError
from harness.views.terminal.history_page import draw_histories, history_document
from harness.views.terminal.program_history_page import draw_program_histories, program_history_document
from harness.views.terminal.style import style_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.results.results_model import Results

_RUNS = 30
_EPILOG = """\b
Examples:
  ib-compat history "ib_async==2.1.0/*/gateway-10.45-paper"   one cell, run by run
  ib-compat history ib_async==2.1.0                           a row
  ib-compat history gateway-10.45-paper --last 100            a column
  ib-compat history rebalancer/gateway-10.51-paper            a program
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
    that died, or is still running, is listed with its progress, and its finished cells count. WHAT may be a glob. The
    cells of programs follow: in how many of the runs that tried it a program did the same as with what it has today.
    """
    runs = whole_runs(readable(run_folders(results)[:last], reader_of(results)))
    if not runs:
        raise ResultsError(f"{results}: contains no readable run", hint="ib-compat run makes one.")
    cells, programs = _matching(what, runs)
    found = [history(cell, runs) for cell in cells]
    tried = [program_history(cell, without_bisections(runs)) for cell in programs]
    if as_json:
        documents = [*map(history_document, found), *map(program_history_document, tried)]
        click.echo(json.dumps(documents, indent=2))
        return
    width, style = screen.width(), style_of(sys.stdout)
    pages = [draw_histories(found, width=width, style=style)] if found else []
    pages += [draw_program_histories(tried, width=width, style=style)] if tried else []
    click.echo("\n\n".join(pages), color=True)


def _matching(what: str, runs: Sequence[Results]) -> tuple[list[str], list[str]]:
    """Return the cells of a row, a gateway or a glob, in the newest run's order, and those of programs.

    Without any, it is the cell whose id has the word, or if there is none, that of a program.
    """
    cells = {name: _names(name) for run in reversed(runs) for name in run.cells}
    whole = without_bisections(runs)  # their steps compare a program with the good one, and not with today
    programs = {name: _names(name) for run in reversed(whole) for name in cells_of(run)}
    found, tried = _hit(what, cells), _hit(what, programs)
    if found or tried:
        return found, tried
    try:
        return [find_cell(what, cells)], []
    except NoSuchCellError:
        if not programs:
            raise
        return [], [find_cell(what, programs)]


def _hit(what: str, named: Mapping[str, tuple[str, ...]]) -> list[str]:
    pattern = what.casefold()
    return [name for name, names in named.items() if any(fnmatchcase(each.casefold(), pattern) for each in names)]


@cache
def _names(name: str) -> tuple[str, ...]:
    """Return what a cell, whose id is ``<row>/<gateway>``, is called."""
    row, _, gateway = name.rpartition("/")
    return name, row, row.rpartition("/")[0], gateway
