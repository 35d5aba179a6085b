"""Implements ``ib-compat build``: makes the environments of a matrix's rows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.cli.planning import builder_in, make_plan
from harness.plan.matrix.environments import find_environments
from harness.run.programs.environments import program_environments, tools_in
from harness.shared.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.plan.matrix.rows import Row


_EPILOG = """\b
Examples:
  ib-compat build
  ib-compat build --library 'ib_async==2.*'
"""


@click.command(epilog=_EPILOG)
@options.matrix
@options.selection
@options.environments
def command(*, environments: Path, **planning: Any) -> ExitCode:
    """Build the environments of the rows, and of programs, without running anything.

    A run builds missing environments by itself. Use this command to build them beforehand, for example for a layer of
    an image, or while there is a network. An environment that matches the matrix file is kept; `latest` is always built
    anew. A library that cannot be installed is not an error here: the grid shows it red.
    """
    plan = make_plan(None, may_be_empty=True, **planning)
    rows = (*plan.rows, *(row for program in plan.programs for row in program_environments(program)))
    asyncio.run(builder_in(environments).build(rows, tell_built))
    _say_what_is_not_as_usual(rows, environments)
    return ExitCode.AS_EXPECTED


def tools_of(rows: Sequence[Row], environments: Path) -> dict[str, Path]:
    """Build the environments of libraries that are missing, and say how far it is; return where their commands are.

    Raises:
        UsageError: an environment could not be built.
    """
    asyncio.run(builder_in(environments).build(rows, tell_built))
    return tools_in(environments, rows)


def tell_built(done: int, count: int, row: Row | None) -> None:
    """Say on standard error how far the building is."""
    said = f"[{done:{len(str(count))}}/{count}] {row.id}" if row else f"environments: building {count}"
    click.echo(said, err=True)


def _say_what_is_not_as_usual(rows: tuple[Row, ...], environments: Path) -> None:
    there = find_environments(environments, rows)
    for row in rows:
        known = there[row.id]
        if known.python is None:
            click.echo(f"{row.id}: no Python {row.python} on this machine; its cells will be skipped", err=True)
        elif known.cached:
            click.echo(f"{row.id}: from the installer's cache, because the package index was not reached", err=True)
        elif not known.installed:
            last = " ".join(known.log.splitlines()[-1:])
            click.echo(f"{row.id}: could not be installed; the grid will show it: {last}", err=True)
