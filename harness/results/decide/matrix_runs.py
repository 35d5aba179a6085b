"""Which runs answer a question: those of one matrix file, the named one or the default one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.plan.matrix.default_file import absolute, default_matrix, is_default
from harness.shared.errors import ResultsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def same_matrix(one: str | Path, other: str | Path) -> bool:
    """Whether two paths name the same matrix file; a run keeps the path that it was given."""
    return absolute(one) == absolute(other)


def meant(matrices: Iterable[str], named: Path | None) -> str | None:
    """The matrix file whose runs count.

    Args:
        matrices: the matrix file of each run that there is.
        named: the one that the user names.

    The default one counts where none is named and it was run, and the only one where it was not: what another file
    holds may be broken on purpose. ``None`` where there is no run at all.

    Raises:
        ResultsError: the named one was never run.
        UsageError: none is named, the default one was never run, and several others were.
    """
    found = list(dict.fromkeys(matrices))
    if named is not None:
        mine = next((each for each in found if same_matrix(each, named)), None)
        if found and mine is None:
            raise ResultsError(f"no run is of {named}", hint=f"Runs are of {', '.join(found)}.")
        return mine
    default = next((each for each in found if is_default(Path(each))), None)
    if default is None and len(found) > 1:
        raise UsageError(
            f"no run is of {default_matrix()}, and those that there are are of several matrix files",
            hint=f"Name one with --matrix: {', '.join(found)}.",
        )
    return default or (found[0] if found else None)
