"""Implements ``ib-compat why``: says why a cell is asked or not, and what is expected of it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options, screen
from harness.cli.planning import make_plan
from harness.plan.selection import find_cell
from harness.views.terminal.style import style_of
from harness.views.terminal.why_page import document, draw_why, explain

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("cell")
@options.matrix
@options.selection
@options.environments
@options.results
@options.allow_live
@options.orders
@options.as_json
def command(*, cell: str, environments: Path, results: Path, as_json: bool, **planning: Any) -> None:
    """Explain CELL: whether it is planned and why, what is expected, and the newest result.

    CELL is an id, as `ib-compat plan` lists them, or a glob or a part of an id that matches only one cell. With options
    that select cells, it says whether they select this one.
    """
    plan = make_plan(environments, may_be_empty=True, **planning)
    found = find_cell(cell, [*(each.id for each in plan.cells), *(each.id for each in plan.absent)])
    explained = explain(plan, found, results, today=datetime.now(UTC).date())
    if as_json:
        click.echo(json.dumps(document(explained), indent=2))
    else:
        click.echo(draw_why(explained, width=screen.width(), style=style_of(sys.stdout)))
