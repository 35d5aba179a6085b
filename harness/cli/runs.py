"""Reads many runs of a results folder at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.results.run_folder import find_run
from harness.results.run_index.indexed_run import run_reader
from harness.shared.bounded_reading import is_one_file
from harness.shared.errors import ResultsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.results.results_model import Results
    from harness.results.run_index.indexed_run import RunReader


_MANY = 20
"""Runs that are not in the index yet, from which on reading them takes so long that it is said."""


def reader_of(results: Path) -> RunReader:
    """Return what reads the runs of a folder, by its index, for as long as the command runs."""
    return click.get_current_context().with_resource(run_reader(results))


def read_run_named(results: Path, name: str | None) -> Results:
    """Return the results of a run, by the index of its folder; the detail of its checks may be left out.

    Args:
        results: the folder of runs.
        name: the run's name, the path of its folder, or a ``results.json`` that was kept [default: the latest run]

    Raises:
        ResultsError, InputError: as ``read_left_run``.
    """
    if is_one_file(Path(name or "")):
        from harness.results.results_files import read_run  # noqa: PLC0415 - takes long, and is rarely needed

        return read_run(results, name)
    return reader_of(results)(find_run(results, name))


def readable(folders: Iterable[Path], read: RunReader) -> Iterator[Results]:
    """Yield the readable runs, in order; an unreadable one is named on standard error, and skipped.

    Args:
        folders: the folders of the runs.
        read: reads a run.
    """
    said = False
    for folder in folders:
        try:
            yield read(folder)
        except ResultsError as error:
            click.echo(f"ib-compat: skipped: {error}", err=True)
        if read.new >= _MANY and not said:
            said = True
            click.echo("ib-compat: reads these runs for the first time; from now on they are in an index", err=True)
