"""Reads many runs of a results folder at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.results.results_files import read_left
from harness.shared.errors import ResultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from harness.results.results_model import Results


def readable(folders: Iterable[Path], read: Callable[[Path], Results] = read_left) -> Iterator[Results]:
    """Yield the readable runs, in order; an unreadable one is named on standard error, and skipped.

    Args:
        folders: the folders of the runs.
        read: reads a run; by default also the finished part of a run that died or is still running.
    """
    for folder in folders:
        results = _read(folder, read)
        if results is not None:
            yield results


def _read(folder: Path, read: Callable[[Path], Results]) -> Results | None:
    try:
        return read(folder)
    except ResultsError as error:
        click.echo(f"ib-compat: skipped: {error}", err=True)
        return None
