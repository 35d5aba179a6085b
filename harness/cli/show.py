"""``ib-compat show``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from harness.cli import options, screen
from harness.report.seen import document, find_seen
from harness.report.show import draw_show
from harness.report.style import style_of
from harness.results.folder import find_run

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("cell")
@click.option("--run", metavar="RUN", help="A run's name or folder; the latest unless given.")
@options.results
@options.as_json
def command(*, cell: str, run: str | None, results: Path, as_json: bool) -> None:
    """Show what a run saw of CELL: checks, versions, what the gateway called back, what the library logged.

    CELL is an id, or a glob or a part of one that no other cell has. Account numbers are masked.
    """
    seen = find_seen(find_run(results, run), cell)
    if as_json:
        click.echo(json.dumps(document(seen), indent=2))
    else:
        click.echo(draw_show(seen, width=screen.width(), style=style_of(sys.stdout)), color=True)
