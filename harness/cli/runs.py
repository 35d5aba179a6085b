"""Many runs of a results folder at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.errors import ResultsError
from harness.results.files import read_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.results.model import Results


def readable(folders: Iterable[Path]) -> Iterator[Results]:
    """The runs that can be read, in this order; one that cannot is named on standard error, and passed over."""
    for folder in folders:
        results = _read(folder)
        if results is not None:
            yield results


def _read(folder: Path) -> Results | None:
    try:
        return read_results(folder)
    except ResultsError as error:
        click.echo(f"ib-compat: passed over: {error}", err=True)
        return None
