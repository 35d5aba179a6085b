"""Finds the matrix file to use if none is named."""

from __future__ import annotations

import os
from pathlib import Path

IN_CHECKOUT = Path("matrices", "default.toml")
"""Relative to the working folder: where nox runs, it is the checkout."""

_PACKAGE = Path(__file__).parent
_BUILTIN = _PACKAGE / "builtin" / "default.toml"
"""The copy in an installed wheel."""
_BESIDE = _PACKAGE.parents[2] / IN_CHECKOUT
"""The checkout's own, seen from an editable install in another working folder."""


def default_matrix() -> Path:
    """The checkout's ``matrices/default.toml``, else the copy that comes with the package."""
    places = (IN_CHECKOUT, _BUILTIN, _BESIDE)
    return next((place for place in places if place.is_file()), IN_CHECKOUT)


def is_default(file: Path) -> bool:
    """Whether commands that name no matrix file mean this one."""
    return absolute(file) == default_matrix().absolute()


def absolute(file: str | Path) -> Path:
    """Return the path of a file that a run names: results have ``~`` in place of the home folder."""
    return Path(os.path.expanduser(file)).absolute()  # noqa: PTH111 - never raises
