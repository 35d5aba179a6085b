"""Finds the libraries that a user's file names: one record for each package, joined from its requirements."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from harness.results.decide.index_sources import OTHER_BUILD, hide_login
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.markers import Marker

_ELSEWHERE = re.compile(
    r"[\w.+-]+:/|[./~\\]|\w:\\|[\w.-]+[/\\]|\S+\.(?:whl|zip|tgz|tar\.\w+)(?:[#\[]\S*)?(?:\s*;.*)?$", re.IGNORECASE
)
"""A file, a folder or an address without a name before it: pip looks inside, ib-compat does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A package that a file names: ``version`` if only one can be meant, else the range in ``specifier``.

    ``extras`` are the requested extras. ``needs`` has the names of its dependencies according to a lock; ``None`` for
    other files. ``own`` says that it is the user's own project, installed from a folder. ``source`` is the path,
    address or repository that it is installed from, if that is not an index; nobody measured that. ``index`` is an
    index other than PyPI from which it comes, or may come. For both, ``why`` says why nothing is known of the package.
    ``limit`` says that only constraints name it, so that it may not be installed at all.
    """

    name: str
    version: str | None
    specifier: str
    place: str
    extras: frozenset[str] = frozenset()
    needs: tuple[str, ...] | None = None
    own: bool = False
    source: str = ""
    index: str = ""
    why: str = ""
    limit: bool = False

    def admits(self, version: str) -> bool:
        """Whether it allows that version."""
        try:
            return SpecifierSet(self.specifier).contains(version, prereleases=True)
        except (InvalidSpecifier, InvalidVersion):  # a lock may write a version that none of PyPI's is like
            return self.version == version

    def __str__(self) -> str:
        if self.source:
            return f"{self.name} @ {self.source}" if self.name != self.source else self.source
        return f"{self.name} {self.version}" if self.version else f"{self.name}{self.specifier}"


def elsewhere(source: str, place: str, name: str = "", why: str = "") -> Used:
    """Return a package that is not installed from an index; if it has no name, it is called by its place."""
    where = hide_login(source)
    why = why or f"{place} installs it from a path, an address or a repository, and that build was not measured"
    return Used(name=name or where, version=None, specifier="", place=place, source=where, why=why)


def from_indexes(used: Used, indexes: Sequence[tuple[str, str]]) -> Used:
    """Return the package, marked as one that may come from other indexes than PyPI or from folders.

    Each of the ``indexes`` is an address or folder, with the place that names it.
    """
    if used.source or not indexes:
        return used
    named = ", ".join(f"{index} ({place})" for index, place in indexes)
    return replace(used, index=named, why=f"it may come from {named}, {OTHER_BUILD}")


def releases(python: str) -> tuple[str, str]:
    """Return a Python's first release, and one after its last. A marker that admits either may admit the user's."""
    return f"{python}.0", f"{python}.99"


def is_meant(marker: Marker, python: str, extra: str = "") -> bool:
    """Whether a marker admits any release of a Python, on this system."""
    return any(
        marker.evaluate({"python_version": python, "python_full_version": full, "extra": extra})
        for full in releases(python)
    )


def read_requirement(line: str, place: str, python: str) -> Iterator[Used]:
    """Read a requirement as pip does; it yields nothing if its marker excludes the Python.

    Raises UsageError if it is not one.
    """
    if _ELSEWHERE.match(line) and not re.match(r"\S+\s*@", line.split("/", maxsplit=1)[0]):
        yield elsewhere(line, place)
        return
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        raise UsageError(f"{place}: {line!r} is not a requirement") from None
    if wanted.marker and not is_meant(wanted.marker, python):
        return
    if wanted.url:
        found = elsewhere(wanted.url, place, str(canonicalize_name(wanted.name)))
        yield replace(found, extras=frozenset(wanted.extras))
        return
    exact = [each.version for each in wanted.specifier if each.operator in {"==", "==="} and "*" not in each.version]
    version = exact[0] if exact else None
    yield Used(
        name=str(canonicalize_name(wanted.name)),
        version=version,
        specifier=str(wanted.specifier),
        place=place,
        extras=frozenset(wanted.extras),
    )


def merged(found: Iterable[Used]) -> Iterator[Used]:
    """Each package once if possible, with its requirements and constraints combined.

    If two pin it to different versions, it is unknown which one is installed: then both count.
    """
    by_name: dict[str, list[Used]] = {}
    for used in found:
        by_name.setdefault(used.name, []).append(used)
    for several in by_name.values():
        odd = next((each for each in several if each.source), None)
        pinned = {each.version: each for each in several if each.version}
        if odd:
            yield odd
        elif len(pinned) > 1:
            yield from pinned.values()
        else:
            yield _together(several, next(iter(pinned), None))


def _together(several: Sequence[Used], version: str | None) -> Used:
    parts = [each.specifier for each in several if each.specifier and each.version == version]
    return replace(
        several[0],
        version=version,
        limit=all(each.limit for each in several),
        specifier=",".join(dict.fromkeys(parts)),
        extras=frozenset(extra for each in several for extra in each.extras),
    )


def alternatives(always: Iterable[Used], groups: Iterable[Iterable[Used]]) -> Iterator[Used]:
    """Yield what a project always requires, and what it requires with each of its optional groups.

    A group's pins say nothing about a project that is installed without that group.
    """
    base: dict[str, list[Used]] = {}
    for used in merged(always):
        base.setdefault(used.name, []).append(used)
    said = dict.fromkeys(used for several in base.values() for used in several)
    for group in groups:
        by_name: dict[str, list[Used]] = {}
        for used in group:
            by_name.setdefault(used.name, []).append(used)
        for name, several in by_name.items():
            said |= dict.fromkeys(merged([*base.get(name, ()), *several]))
    yield from said
