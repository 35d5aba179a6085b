"""Finds the measured row that stands for a user's library, and says how to measure one if there is none."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.plan.matrix.default_file import is_default
from harness.results.decide.libraries import adapter_of, adapters, distributions, downloaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.results.decide.libraries_used import Used
    from harness.results.decide.measured import Row
    from harness.results.decide.row_judging import Judgement


def fitting_rows(used: Used, rows: Iterable[Row], beside: Mapping[str, Used]) -> tuple[Row, ...]:
    """Return the rows of the same package and version whose environments resemble the user's; none if none does.

    The user's file must have everything that a row's environment has beside the library, at a version in the row's
    range. Of such rows, those that agree with the file in most packages count. If other rows of the version have a
    package beside the library that the file names, too, a row without it is left out, because it stands for another
    environment; this does not apply to packages that are libraries. Rows that are installed from a file, a folder or a
    repository are no releases, except for IBKR's downloads.

    Args:
        used: the library, at one version.
        rows: the rows on one Python.
        beside: everything that the user's file names, by normalised name.
    """
    known = [row for row in rows if row.published or row.name in downloaded()]
    candidates = [row for row in known if row.name == used.name and row.version == used.version]
    theirs = beside.keys() - adapters().keys()
    named = {name for row in candidates for name in names_beside(row) & theirs}
    fitting = [row for row in candidates if not lacking(row, beside) and named <= names_beside(row)]
    most = max((len(row.extras) for row in fitting), default=0)
    return tuple(row for row in fitting if len(row.extras) == most)


def by_name(used: Iterable[Used]) -> dict[str, Used]:
    """Return the packages of a file by name; if one has several versions, its version is left open."""
    found: dict[str, Used] = {}
    for each in used:
        known = found.setdefault(each.name, each)
        if (known.version, known.specifier) != (each.version, each.specifier):
            source, index = known.source or each.source, known.index or each.index
            found[each.name] = replace(known, version=None, specifier="", source=source, index=index)
    return found


def lacking(row: Row, beside: Mapping[str, Used]) -> tuple[str, ...]:
    """Return what a row's environment has beside the library that the user's file does not name, or forbids."""
    return tuple(extra for extra in row.extras if not _meets(extra, beside))


def names_beside(row: Row) -> set[str]:
    """The packages that a row's environment got beside the library, by normalised name."""
    return {str(canonicalize_name(Requirement(extra).name)) for extra in row.extras}


def _meets(extra: str, beside: Mapping[str, Used]) -> bool:
    wanted = Requirement(extra)
    used = beside.get(str(canonicalize_name(wanted.name)))
    if used is None or used.limit or used.source or used.index:  # it may be missing, or another build
        return False
    if used.version is None:  # whatever the installer picks: only the same range is known to give the same
        return str(wanted.specifier) in {"", used.specifier}
    return wanted.specifier.contains(used.version, prereleases=True)


def rerun(unknown: Judgement, matrix: str | None) -> str:
    """The command that asks a cell of a matrix file; ``matrix`` is ``None`` if that file is not known."""
    row = unknown.cell.rpartition("/")[0]
    file = "" if matrix is None or is_default(Path(matrix)) else f" --matrix {_quoted(matrix)}"
    return f"nox -s matrix --{file} --row {shlex.quote(row)} --gateway {shlex.quote(unknown.gateway)}"


def _quoted(path: str) -> str:
    """Quote a path for a shell, which reads ``~`` only outside of quotes."""
    home = "~/" if path.startswith("~/") else ""
    return f"{home}{shlex.quote(path.removeprefix(home))}"


def unpinned(used: Used, same: Sequence[Row], beside: Mapping[str, Used]) -> str:
    """Why nothing can be said about a library without a version."""
    within = [row for row in same if used.admits(row.version)]
    if within:
        return f"{_other_surroundings(within, beside)}; measured within the range: {', '.join(_versions(within))}"
    return f"{used.place} does not pin it, and no version that it admits was measured"


def advice_to_pin(columns: Iterable[str]) -> tuple[str, ...]:
    """The command that says what to pin it to."""
    return (f"ib-compat pins {_gateways(columns)}",)


def unmeasured(used: Used, python: str, same: Sequence[Row], beside: Mapping[str, Used]) -> str:
    """Why nothing can be said about a version."""
    measured = [row for row in same if row.version == used.version]
    return _other_surroundings(measured, beside) if measured else f"no run asked {used.version} on Python {python}"


def _other_surroundings(rows: Sequence[Row], beside: Mapping[str, Used]) -> str:
    """Return what the user's file lacks of a row's environment, for the row of which it lacks the least."""
    row = min(rows, key=lambda each: len(lacking(each, beside)))
    said = [_lacked(Requirement(extra), beside) for extra in lacking(row, beside)]
    return "; ".join(said) or "it was measured with other packages beside it than your file has"


def _lacked(wanted: Requirement, beside: Mapping[str, Used]) -> str:
    has = beside.get(str(canonicalize_name(wanted.name)))
    if has is None or has.limit:
        return f"it needs {wanted.name}, which your file lacks: it was measured with {wanted}"
    where = f" from {has.index}" if has.index else ""
    return f"it was measured with {wanted}, and {has.place} has {has}{where}"


def _versions(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.version for row in sorted(rows, key=lambda row: row.order)))


def advice_to_measure(
    used: Used, python: str, same: Sequence[Row], columns: Iterable[str], beside: Mapping[str, Used]
) -> tuple[str, ...]:
    """Return a table for the matrix file that measures a library, and the command that asks it.

    Args:
        used: the library, at one version.
        python: the Python, such as ``3.11``.
        same: the rows of the same package.
        columns: the gateways.
        beside: what the user's file names. Packages that rows of the library have beside it are taken from here.
    """
    distribution = next((row.distribution for row in same), _written(used.name))
    name = f"{distribution}-mine" if any(row.version == used.version for row in same) else distribution
    keys = {"adapter": adapter_of(used.name), "distribution": distribution, "name": name, "versions": [used.version]}
    extras = {canonicalize_name(Requirement(extra).name) for row in same for extra in row.extras}
    extra = [f"{other}{beside[other].specifier}" for other in sorted(extras & beside.keys())]
    keys |= {"extra": extra} if extra else {}
    keys["pythons"] = [python]
    if name == distribution:
        del keys["name"]
    return (*table_lines(**keys), *ask_libraries(f"{name}=={used.version}", columns))


def table_lines(**keys: object) -> tuple[str, ...]:
    """A ``[[library]]`` table for the matrix file, with what to do with it."""
    return ("add to the matrix file:", "  [[library]]", *(f"  {key} = {json.dumps(keys[key])}" for key in keys))


def ask_libraries(library: str, columns: Iterable[str]) -> tuple[str, ...]:
    """The command that asks a library, ``name==version``, of gateways."""
    return (f"nox -s matrix -- --library {shlex.quote(library)} {_gateways(columns)}",)


def _written(name: str) -> str:
    """A package as people write it."""
    return next((known for known in distributions() if canonicalize_name(known) == name), name)


def _gateways(columns: Iterable[str]) -> str:
    return " ".join(f"--gateway {shlex.quote(column)}" for column in columns)
