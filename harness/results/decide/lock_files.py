"""Reads lock files, with the source of each package: ``uv.lock``, ``poetry.lock``, ``pdm.lock``, ``pylock.toml``.

There is one reader for all four: they differ in how they name a source, not in what is read here. ``packaging.pylock``
reads only one of them, and refuses the whole file if a hash is missing, so it would add code and replace none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.results.decide.index_sources import OTHER_BUILD, hide_login, is_pypi
from harness.results.decide.libraries import adapters
from harness.results.decide.libraries_used import Used, elsewhere
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TABLE = re.compile(r"^[ \t]*\[\[[ \t]*packages?[ \t]*\]\]", re.MULTILINE)

_OUTSIDE = ("git", "hg", "svn", "bzr", "vcs", "url", "path", "directory", "editable", "archive", "virtual")
"""Keys that mark packages from outside an index: in ``source`` in uv's lock, beside the name in the others."""

_INDEXED = frozenset({"legacy", "pypi"})
"""What poetry.lock calls an index in ``source.type``."""

_FILES = ("sdist", "wheels", "files")
_HERE = frozenset({".", "./"})


def read_lock(packages: list[Any], text: str, file: Path) -> Iterator[Used]:
    """Each package of a lock, at its locked version; raises UsageError if an entry cannot be a package.

    A lock file without any dependencies leaves them out, as ``pylock.toml`` may.
    """
    silent = not any(isinstance(package, dict) and "dependencies" in package for package in packages)
    for package, place in zip(packages, _places(text, file, len(packages)), strict=True):
        if not isinstance(package, dict) or not isinstance(package.get("name"), str):
            raise UsageError(f"{place}: is not a package: it has no name")
        for used in _package(package, place):
            yield replace(used, needs=None) if silent and not used.own else used


def _places(text: str, file: Path, count: int) -> list[str]:
    """The line of each package, or its number if the lock file is not laid out as package managers do it."""
    lines = [text.count("\n", 0, found.start()) + 1 for found in _TABLE.finditer(text)]
    if len(lines) == count:
        return [f"{file}:{line}" for line in lines]
    return [f"{file}, package {number}" for number in range(1, count + 1)]


def _package(package: dict[str, Any], place: str) -> Iterator[Used]:
    name, version = _named(package["name"], place), package.get("version")
    own = _is_own(package) and name not in adapters()
    where = "" if own else _outside(package)
    if where:
        yield elsewhere(where, place, name)
    elif version is not None or not own:
        index = _other_index(package)
        yield Used(
            name=name,
            version=_version(name, version, place),
            specifier=f"=={version}",
            place=place,
            needs=tuple(_needs(package)),
            own=own,
            index=index,
            why=f"{place} takes it from {index}, {OTHER_BUILD}" if index else "",
        )


def _named(name: str, place: str) -> str:
    """The package's normalised name; raises UsageError if it cannot be one."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{place}: {name!r} is not the name of a package")
    return str(canonicalize_name(name))


def _version(name: str, version: object, place: str) -> str:
    try:
        Version(str(version))
    except InvalidVersion:
        raise UsageError(f"{place}: {name}: {version!r} is not a version") from None
    return str(version)


def _needs(package: dict[str, Any]) -> Iterator[str]:
    """The names of a locked package's dependencies, with those of the extras that uv lists."""
    extras = package.get("optional-dependencies")
    for several in (package.get("dependencies"), *(extras.values() if isinstance(extras, dict) else ())):
        for each in several if isinstance(several, list | dict) else ():
            name = each.get("name") if isinstance(each, dict) else each
            if isinstance(name, str) and (found := _NAME.match(name)):
                yield str(canonicalize_name(found[0]))


def _is_own(package: dict[str, Any]) -> bool:
    """Whether a package is the project that the lock was made for, or one that is never installed."""
    source = _source(package)
    places = [table.get(key) for table in (source, package) for key in ("editable", "directory", "path")]
    places = [place.get("path") if isinstance(place, dict) else place for place in [*places, _of_poetry(source)]]
    return "virtual" in source or any(isinstance(place, str) and place in _HERE for place in places)


def _outside(package: dict[str, Any]) -> str:
    """The path, address or repository of a package; empty if it comes from an index."""
    source = package.get("source")
    if isinstance(source, dict) and "type" in source:
        return "" if source["type"] in _INDEXED else _of_poetry(source)
    for table in (_source(package), package):
        found = [(key, table[key]) for key in _OUTSIDE if key in table and not isinstance(table[key], bool)]
        if found:
            return _where(*found[0])
    if source is not None and "registry" not in _source(package):
        return str(source)
    return next((str(file["path"]) for file in _files(package) if "path" in file), "")


def _other_index(package: dict[str, Any]) -> str:
    """The index of a package, or of one of its files; empty if that is PyPI, or none is named."""
    source = _source(package)
    named = [source.get("registry"), source.get("url"), package.get("index")]
    named += [file.get("url") for file in _files(package)]
    return next((hide_login(str(each)) for each in named if each is not None and not is_pypi(str(each))), "")


def _source(package: dict[str, Any]) -> dict[str, Any]:
    source = package.get("source")
    return source if isinstance(source, dict) else {}


def _of_poetry(source: dict[str, Any]) -> str:
    return str(source.get("url", source["type"])) if "type" in source else ""


def _where(key: str, value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("url", value.get("path", key)))
    return str(value)


def _files(package: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in _FILES:
        found = package.get(key)
        yield from (each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict))
