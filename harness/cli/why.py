"""Implements ``ib-compat why``: says why a cell is asked or not, and what is expected of it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options, screen
from harness.cli.planning import make_plan
from harness.plan.selection import find_cell
from harness.shared.errors import NoSuchCellError
from harness.views.terminal.program_why import draw_program_why, explain_program, program_why_document
from harness.views.terminal.style import style_of
from harness.views.terminal.why_page import document, draw_why, explain

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan.plan_model import Plan


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
    that select cells, it says whether they select this one. A cell of a program is explained likewise.
    """
    plan = make_plan(environments, may_be_empty=True, **planning)
    found = _found(cell, plan)
    today = datetime.now(UTC).date()
    if any(found in program.cells for program in plan.programs):
        program = explain_program(plan, found, results, today=today)
        data, draw = program_why_document(program), partial(draw_program_why, program)
    else:
        explained = explain(plan, found, results, today=today)
        data, draw = document(explained), partial(draw_why, explained)
    if as_json:
        click.echo(json.dumps(data, indent=2))
    else:
        click.echo(draw(width=screen.width(), style=style_of(sys.stdout)))


def _found(word: str, plan: Plan) -> str:
    """Return the id of the cell that a person means, or if there is none, of that of a program."""
    cells = [*(each.id for each in plan.cells), *(each.id for each in plan.absent)]
    programs = [name for program in plan.programs for name in program.cells]
    try:
        return find_cell(word, cells or programs)
    except NoSuchCellError as missing:
        try:
            return find_cell(word, programs)
        except NoSuchCellError:
            if plan.programs:
                raise missing from None
            hint = f"{missing.hint} Programs are in the matrix file that has them: --matrix FILE."
            raise NoSuchCellError(str(missing), hint=hint) from None
