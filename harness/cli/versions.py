"""Implements ``ib-compat versions``: compares a matrix with the versions on a package index."""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from harness.cli import options, screen
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.rows import read_rows
from harness.results.decide.package_index import freshness, index_url, read_releases
from harness.shared.errors import ExitCode, SelectionError, did_you_mean
from harness.views.terminal.style import style_of
from harness.views.terminal.versions_page import draw_freshness, freshness_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.plan.matrix.rows import Row

_EPILOG = """\b
Examples:
  ib-compat versions
  ib-compat versions --matrix matrices/full.toml --library ib_async
  ib-compat versions --index https://pypi.example.org/simple

\b
Exit codes:
  0  every pin is current
  1  the index has a newer version, or a pinned one was withdrawn
  2  wrong use
  3  the index cannot be read, so this is not known
"""


@click.command(epilog=_EPILOG)
@options.matrix
@click.option(
    "--library", "libraries", multiple=True, metavar="GLOB", help="Only this package. [default: all in the matrix]"
)
@click.option("--index", metavar="URL", help="Package index. [default: from uv's and pip's variables, or PyPI]")
@options.as_json
def command(*, matrix: Path | None, libraries: tuple[str, ...], index: str | None, as_json: bool) -> ExitCode:
    """List versions in the package index that the matrix file lacks, and pinned ones that were withdrawn.

    A version is withdrawn if the index calls it yanked. The index does not say since when; the date shown is that of
    its upload. Pre-releases are skipped, unless one is pinned.
    """
    file = matrix or default_matrix()
    rows = _chosen(read_rows(file), libraries)
    address = index_url(index)
    found = freshness(rows, lambda distribution: read_releases(address, distribution))
    if as_json:
        click.echo(json.dumps(freshness_document(found, index=address, matrix=file.as_posix()), indent=2))
    else:
        style = style_of(sys.stdout)
        page = draw_freshness(found, index=address, matrix=file.as_posix(), width=screen.width(), style=style)
        click.echo(page, color=True)
    return ExitCode.AS_EXPECTED if all(each.fresh for each in found) else ExitCode.INCOMPATIBLE


def _chosen(rows: Sequence[Row], globs: Sequence[str]) -> list[Row]:
    names = {row.distribution for row in rows}
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in names):
            near = did_you_mean(glob, names)
            hint = f"There are: {', '.join(sorted(names))}."
            raise SelectionError(f"--library {glob!r} matches no package of the matrix{near}", hint=hint)
    return [row for row in rows if not globs or any(fnmatchcase(row.distribution, glob) for glob in globs)]
