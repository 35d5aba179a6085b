"""Which measured row stands for a library that somebody uses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.results.decide.libraries import adapters, downloaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.results.decide.libraries_used import Used
    from harness.results.decide.measured import Row


def fitting_rows(used: Used, rows: Iterable[Row], beside: Mapping[str, Used]) -> tuple[Row, ...]:
    """The rows of the same package and version whose environments are like the user's; none where nobody measured that.

    Args:
        used: the library, at one version.
        rows: the rows on one Python.
        beside: everything that the user's file names, by normalised name.

    What a row's environment got beside the library must be in the user's file, at a version in the row's range. Of
    those, the rows count that agree with the file in most. Where other rows of the version have something beside them
    that the file names too, and it is no library itself, one without it stands for another environment: it is left out.
    What the matrix file brings as a file, a folder or a repository is no release, but for IBKR's own downloads.
    """
    known = [row for row in rows if row.published or row.name in downloaded()]
    candidates = [row for row in known if row.name == used.name and row.version == used.version]
    theirs = beside.keys() - adapters().keys()
    named = {name for row in candidates for name in _names(row) & theirs}
    fitting = [row for row in candidates if _is_met(row, beside) and named <= _names(row)]
    most = max((len(row.extras) for row in fitting), default=0)
    return tuple(row for row in fitting if len(row.extras) == most)


def by_name(used: Iterable[Used]) -> dict[str, Used]:
    """Everything that a file names; where it has several versions of a package, which one is installed is left open."""
    found: dict[str, Used] = {}
    for each in used:
        known = found.setdefault(each.name, each)
        if (known.version, known.specifier) != (each.version, each.specifier):
            source, index = known.source or each.source, known.index or each.index
            found[each.name] = replace(known, version=None, specifier="", source=source, index=index)
    return found


def lacking(row: Row, beside: Mapping[str, Used]) -> tuple[str, ...]:
    """What a row's environment got beside the library that the user's file does not name, or forbids."""
    return tuple(extra for extra in row.extras if not _meets(extra, beside))


def _names(row: Row) -> set[str]:
    return {str(canonicalize_name(Requirement(extra).name)) for extra in row.extras}


def _is_met(row: Row, beside: Mapping[str, Used]) -> bool:
    return not lacking(row, beside)


def _meets(extra: str, beside: Mapping[str, Used]) -> bool:
    wanted = Requirement(extra)
    used = beside.get(str(canonicalize_name(wanted.name)))
    if used is None or used.limit or used.source or used.index:  # it may be missing, or another build
        return False
    if used.version is None:  # whatever the installer picks: only the same range is known to give the same
        return str(wanted.specifier) in {"", used.specifier}
    return wanted.specifier.contains(used.version, prereleases=True)
