"""The rows' environments as the tests find them: those that nox built, with the real libraries.

``nox -s tests`` builds them and names their folder in ``IB_COMPAT_ENVIRONMENTS``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.rows import read_rows

DEFAULT = Path(__file__).parents[1] / "matrices" / "default.toml"
VARIABLE = "IB_COMPAT_ENVIRONMENTS"

BUSY = "machine-too-busy"
LOOKS = 3
"""How often rows are asked at most of which this machine had too much else to do to tell."""

FAST_ROWS = frozenset({"ib_async==2.1.0", "ib_insync==0.9.86", "ibapi==9.81.1.post1", "ibapi-latest==10.51.1"})
"""The newest library with each decoder, and the oldest client: the rows of the fast loop."""


@dataclass(frozen=True)
class LibraryRow:
    """A row whose library can be imported.

    ``library`` is name and version, ``ib_async==2.1.0``; ``distribution`` and ``version`` are its two halves.
    """

    library: str
    python: Path

    @property
    def distribution(self) -> str:
        return self.library.partition("==")[0]

    @property
    def version(self) -> str:
        return self.library.partition("==")[2]

    @property
    def adapter(self) -> str:
        return self.distribution if self.distribution in {"ib_async", "ib_insync"} else "ibapi"


def library_rows() -> dict[str, LibraryRow]:
    """Give the rows of the default matrix that were built, by library; none where nothing was built."""
    folder = os.environ.get(VARIABLE)
    environments = find_environments(Path(folder)) if folder else {}
    rows = {}
    for environment in environments.values():
        library = environment.row.partition("/")[0]
        if environment.installed and environment.python and environment.row in rows_of_the_default_matrix():
            rows[library] = LibraryRow(library, environment.python)
    return dict(sorted(rows.items()))


@cache
def rows_of_the_default_matrix() -> frozenset[str]:
    """Those that can be imported: the folder may hold rows of other matrix files, too."""
    return frozenset(row.id for row in read_rows(DEFAULT) if "as-published" not in row.id)


def parameters(rows: Iterable[str]) -> list[Any]:
    """Give parameters of a fixture; those that a row of the fast loop stands for are slow."""
    return [pytest.param(row, marks=() if row in FAST_ROWS else pytest.mark.slow) for row in rows]


def need_row(library: str | None) -> LibraryRow:
    """Give the row, any for ``None``; skips where it was not built, and says what builds it."""
    rows = library_rows()
    if library is None and rows:
        return next(iter(rows.values()))
    if library is None or library not in rows:
        pytest.skip(f"needs the real {library or 'libraries'}: run the tests with nox -s tests")
    return rows[library]
