"""Implements ``ib-compat export``: writes results for other programs."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.cli.runs import readable, reader_of
from harness.results.compare.cell_history import whole_runs
from harness.results.decide.measured import same_matrix
from harness.results.decide.program_decision import without_bisections
from harness.results.results_files import read_left_run
from harness.results.run_folder import run_folders, write_bytes
from harness.views.export.badge import badge
from harness.views.export.issues import issues
from harness.views.export.job_summary import job_summary, link_of
from harness.views.export.test_reports import ctrf, junit

if TYPE_CHECKING:
    from harness.results.results_model import Results

_EARLIER = 30
"""How many earlier runs are looked through for the day since when a program does something else."""

_FORMATS = ("junit", "ctrf", "markdown", "badge", "issues")
_EPILOG = """\b
Examples:
  ib-compat export --format junit --output junit.xml
  ib-compat export --format ctrf --output ctrf.json
  ib-compat export --format markdown --output summary.md
  ib-compat export --format badge --output badge.json
  ib-compat export --format issues --output issues.json
"""


@click.command(epilog=_EPILOG)
@click.argument("run", required=False)
@click.option("--format", "form", type=click.Choice(_FORMATS), required=True, help="Format to write.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file. [default: standard output]",
)
@click.option(
    "--link",
    metavar="URL",
    help="Link to the whole run, for Markdown that is shortened and for issues. [default: the GitHub job]",
)
@options.results
def command(*, run: str | None, form: str, output: Path | None, link: str | None, results: Path) -> None:
    """Export RUN for other programs, by default the latest run.

    RUN is a name, a folder or a results.json. junit: JUnit XML, in which a failure means incompatible, an error is
    ours, and skipped means not asked or an expected failure. ctrf: the Common Test Report Format. markdown: for the
    summary of a GitHub job, under 1 MiB. badge: for shields.io. issues: one for each row that is broken against a
    gateway, and for each program that does something else there, and the cells that are well. The exit code is 0 even
    if cells are red; only the run's own exit code reflects them.
    """
    data = _written(read_left_run(results, run), form, link, results)
    if output is None:
        click.echo(data, nl=False)
    else:
        write_bytes(output, data)


def _written(results: Results, form: str, link: str | None, runs: Path) -> bytes:
    if form == "junit":
        return junit(results)
    where = link or link_of(os.environ)
    if form == "markdown":
        return job_summary(results, link=where).encode()
    document = _document(results, form, where, runs)
    text = json.dumps(document, indent=2)
    return f"{text}\n".replace("##[", "##\\u005b").encode()  # no command of a job's log, and the same to JSON


def _document(results: Results, form: str, link: str | None, runs: Path) -> dict[str, Any]:
    if form == "issues":
        return issues(results, link=link, earlier=_earlier(results, runs) if results.programs else ())
    return ctrf(results) if form == "ctrf" else badge(results)


def _earlier(results: Results, runs: Path) -> list[Results]:
    """Return the newest runs of its matrix file before a run, the oldest first, without steps of bisections."""
    before = [folder for folder in run_folders(runs) if folder.name < results.run.id]
    found = without_bisections(readable(before, reader_of(runs)))
    mine = (run for run in found if same_matrix(run.run.matrix, results.run.matrix))
    return whole_runs(islice(mine, _EARLIER))
