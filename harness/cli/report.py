"""Implements ``ib-compat report``: prints the grid of a run again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from harness.cli import options, run_screen
from harness.results.results_files import read_left
from harness.results.results_json import json_data
from harness.results.run_folder import find_run

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("run", required=False)
@options.results
@options.as_json
def command(*, run: str | None, results: Path, as_json: bool) -> None:
    """Draw the grid of RUN again, by default of the latest run.

    RUN is a name or a folder. For a run that died, or is still running, it draws the finished cells and says so. The
    exit code is 0 even if cells are red; only the run's own exit code reflects them.
    """
    folder = find_run(results, run)
    answer = read_left(folder)
    click.echo(json.dumps(json_data(answer), indent=2) if as_json else run_screen.summary(answer, folder), color=True)
