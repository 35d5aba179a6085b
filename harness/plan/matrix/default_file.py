"""Finds the matrix file to use if none is named."""

from __future__ import annotations

import os
from pathlib import Path

IN_CHECKOUT = Path("matrices", "default.toml")
"""Path of the checkout's matrix file, relative to the working folder; nox runs in the checkout."""

_PACKAGE = Path(__file__).parent
_BUILTIN = _PACKAGE / "builtin" / "default.toml"
"""The copy in an installed wheel."""
_BESIDE = _PACKAGE.parents[2] / IN_CHECKOUT
"""Path of the checkout's matrix file in an editable installation, for any working folder."""


def default_matrix() -> Path:
    """The checkout's ``matrices/default.toml``, else the copy that comes with the package."""
    places = (IN_CHECKOUT, _BUILTIN, _BESIDE)
    return next((place for place in places if place.is_file()), IN_CHECKOUT)


def is_default(file: Path) -> bool:
    """Whether commands use this file if they name no matrix file."""
    return absolute(file) == default_matrix().absolute()


def absolute(file: str | Path) -> Path:
    """Return the path of a file that a run names: results have ``~`` in place of the home folder."""
    return Path(os.path.expanduser(file)).absolute()  # noqa: PTH111 - never raises
