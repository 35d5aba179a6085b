"""Implements ``ib-compat uses``: what of a library's API a program's code uses, and what is known of that."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from harness.changes.changes_file import read_changes
from harness.changes.code_names import CodeNames, names_in
from harness.changes.uses import Uses, concerned, uses_in
from harness.cli import options, screen
from harness.programs.asked_files import asked_in_file
from harness.results.requests_measured import requests_measured
from harness.results.results_files import read_run
from harness.shared.errors import ExitCode, InputError, ResultsError
from harness.views.terminal.style import style_of
from harness.views.terminal.uses_page import draw_uses, uses_document

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_EPILOG = """\b
Examples:
  ib-compat uses my_program.py
  ib-compat uses my_bot/ --run baseline.json
                      what of it was measured, in a run that you kept
  ib-compat tap --to 4002 --json -- python my_program.py > asked.json
  ib-compat uses my_program.py --trace asked.json
                      what of it was really asked
  ib-compat changes ib_async==1.0.3 ib_async==2.1.0 --json > changes.json
  ib-compat uses my_bot/ --changes changes.json
                      what of it changes

\b
Exit codes:
  0  said
  2  wrong use: no such file, or nothing imports ib_async, ib_insync or ibapi
  3  a file cannot be read
"""


@click.command(epilog=_EPILOG)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@options.results
@click.option(
    "--run", "run_name", metavar="RUN", help="Name of a run, its folder, or a results.json. [default: the latest]"
)
@click.option(
    "--changes", type=_FILE, metavar="FILE", help="What `ib-compat changes --json` wrote: what of it concerns the code."
)
@click.option(
    "--trace",
    type=_FILE,
    metavar="FILE",
    help="What the program really asked: a recording (.ibrec), or what `tap --json` or `try --json` wrote.",
)
@options.as_json
def command(
    *,
    paths: tuple[Path, ...],
    results: Path,
    run_name: str | None,
    changes: Path | None,
    trace: Path | None,
    as_json: bool,
) -> ExitCode:
    """Say what of a library's API the Python code in PATH uses, and what is known of that.

    Nothing is run: the code is read. Each name is told with its places, the arguments that it is called with, the
    requests that it sends, and how those came out in the rows of the latest run for the libraries that the code
    imports. What no row asked is not measured, and not called right or wrong.
    """
    code = names_in(paths)
    found = Uses(
        libraries=tuple(sorted(code.read.libraries)), lines=code.read.lines, unread=code.unread, uses=uses_in(code)
    )
    found = _measured(found, results, run_name)
    if changes is not None:
        found = _changing(found, code, changes)
    if trace is not None:
        found = replace(found, trace=str(trace), asked=asked_in_file(trace))
    if as_json:
        click.echo(json.dumps(uses_document(found), indent=2))
    else:
        click.echo(draw_uses(found, width=screen.width(), style=style_of(sys.stdout)), color=True)
    return ExitCode.AS_EXPECTED


def _measured(found: Uses, results: Path, name: str | None) -> Uses:
    """Add what a run measured; without a name, there need be none."""
    try:
        run = read_run(results, name)
    except InputError:
        raise
    except ResultsError:
        if name is not None:
            raise
        return found
    return replace(found, run=run.run.id, measured=requests_measured(run, found.libraries))


def _changing(found: Uses, code: CodeNames, file: Path) -> Uses:
    versions, changes = read_changes(file)
    return replace(found, versions=versions, changes=concerned(changes, code))
