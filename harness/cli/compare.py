"""Implements ``ib-compat compare``: compares two runs cell by cell."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from harness.cli import options, screen
from harness.cli.runs import read_run_named
from harness.results.compare import compare
from harness.shared.errors import ExitCode
from harness.views.terminal.compare_page import comparison_document, draw_comparison
from harness.views.terminal.style import style_of

if TYPE_CHECKING:
    from pathlib import Path

_EPILOG = """\b
Examples:
  ib-compat compare 20261120T101112Z-ab12            an earlier run, against the latest
  ib-compat compare 20261120T101112Z-ab12 20261121T101112Z-cd34
  ib-compat compare baseline.json                    a saved results.json, against the latest

\b
Exit codes:
  0  no cell became worse
  1  a cell was as it should be, and no longer is
  2  wrong use
  3  one of the two runs cannot be read
"""


@click.command(epilog=_EPILOG)
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--deleted", is_flag=True, help="Count a cell that was as expected and is gone as a regression.")
@click.option("--all", "whole", is_flag=True, help="List every cell, also unchanged ones.")
@options.results
@options.as_json
def command(*, before: str, after: str | None, deleted: bool, whole: bool, results: Path, as_json: bool) -> ExitCode:
    """Compare runs A and B cell by cell: A(dded), D(eleted), C(hanged) or U(nchanged).

    A and B are names of runs, folders, or results.json files. [default of B: the latest run] Regressions come first:
    cells that were as they should be (by a pass, or as the matrix file expects) and no longer are. A difference in time
    alone is never a regression. The cells of programs follow: what one does otherwise than with what it has today, and
    did not in A, is named as new.
    """
    comparison = compare(read_run_named(results, before), read_run_named(results, after), gone_is_worse=deleted)
    if as_json:
        click.echo(json.dumps(comparison_document(comparison), indent=2))
    else:
        click.echo(draw_comparison(comparison, width=screen.width(), style=style_of(sys.stdout), whole=whole))
    return ExitCode.INCOMPATIBLE if comparison.worse else ExitCode.AS_EXPECTED
