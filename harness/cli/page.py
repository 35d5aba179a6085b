"""Implements ``ib-compat page``: writes the HTML page of a run."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING

import click

from harness.cli import options
from harness.results.results_files import read_left
from harness.results.run_folder import find_run, relative
from harness.views.page import write_page

if TYPE_CHECKING:
    from pathlib import Path

_EPILOG = """\b
Examples:
  ib-compat page --open
  ib-compat page results/20261120T101112Z-ab12
"""


@click.command(epilog=_EPILOG)
@click.argument("run", required=False)
@click.option("--open", "opened", is_flag=True, help="Open it in the browser.")
@options.results
def command(*, run: str | None, opened: bool, results: Path) -> None:
    """Write the page of RUN again, by default of the latest run.

    RUN is a name or a folder. A run writes its page at its end. The page is one file that needs no network, and account
    numbers in it are masked. The path goes to standard output.
    """
    folder = find_run(results, run)
    page = write_page(read_left(folder), folder)
    click.echo(relative(page))
    if opened and not webbrowser.open(page.absolute().as_uri()):
        click.echo("No browser could be started; open the file yourself.", err=True)
