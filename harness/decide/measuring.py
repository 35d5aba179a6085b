"""How to come to know what no run has measured: lines for the matrix file, and commands."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.decide.libraries import adapter_of, distributions
from harness.matrix.default import is_default

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.decide.judging import Judgement
    from harness.decide.measured import Row
    from harness.decide.used import Used


def rerun(unknown: Judgement, matrix: str | None) -> str:
    """The command that asks a cell of a matrix file; ``None`` where it is not known which."""
    row = unknown.cell.rpartition("/")[0]
    file = "" if matrix is None or is_default(Path(matrix)) else f" --matrix {shlex.quote(matrix)}"
    return f"nox -s matrix --{file} --row {shlex.quote(row)} --gateway {shlex.quote(unknown.gateway)}"


def unpinned(used: Used, same: Sequence[Row]) -> str:
    """Why nothing can be said of a library without a version."""
    within = sorted({row.version for row in same if used.admits(row.version)})
    measured = f"; measured within it: {', '.join(within)}" if within else ""
    return f"{used.place} does not pin it, so nobody can tell which version you have{measured}"


def advice_to_pin(columns: Iterable[str]) -> tuple[str, ...]:
    """The command that says what to pin it to."""
    return (f"ib-compat pins {_gateways(columns)}",)


def unmeasured(used: Used, python: str, same: Sequence[Row]) -> str:
    """Why nothing can be said of a version."""
    if any(row.version == used.version for row in same):
        return f"{used.version} was measured with other packages beside it than {used.place} has"
    return f"no run asked {used.version} on Python {python}"


def advice_to_measure(
    used: Used, python: str, same: Sequence[Row], columns: Iterable[str], beside: Mapping[str, Used]
) -> tuple[str, ...]:
    """The table for the matrix file, and the command that asks it.

    Args:
        used: the library, at one version.
        python: as ``3.11``.
        same: the rows of the same package.
        columns: the gateways.
        beside: what the user's file names; what rows of the package have beside them is taken over from it.
    """
    distribution = next((row.distribution for row in same), _written(used.name))
    name = f"{distribution}-mine" if any(row.version == used.version for row in same) else distribution
    keys = {"adapter": adapter_of(used.name), "distribution": distribution, "name": name, "versions": [used.version]}
    extras = {canonicalize_name(Requirement(extra).name) for row in same for extra in row.extras}
    extra = [f"{other}{beside[other].specifier}" for other in sorted(extras & beside.keys())]
    keys |= {"extra": extra} if extra else {}
    keys["pythons"] = [python]
    table = [f"  {key} = {json.dumps(value)}" for key, value in keys.items() if key != "name" or name != distribution]
    library = shlex.quote(f"{name}=={used.version}")
    return (
        "add to the matrix file:",
        "  [[library]]",
        *table,
        f"nox -s matrix -- --library {library} {_gateways(columns)}",
    )


def _written(name: str) -> str:
    """A package as people write it."""
    return next((known for known in distributions() if canonicalize_name(known) == name), name)


def _gateways(columns: Iterable[str]) -> str:
    return " ".join(f"--gateway {shlex.quote(column)}" for column in columns)
