"""What a lock names: ``uv.lock``, ``poetry.lock``, ``pdm.lock``, ``pylock.toml``."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.results.decide.libraries import adapters
from harness.results.decide.libraries_used import Used, elsewhere
from harness.results.decide.package_origins import OTHER_BUILD, is_own, other_index, outside
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TABLE = re.compile(r"^[ \t]*\[\[[ \t]*packages?[ \t]*\]\]", re.MULTILINE)


def read_lock(packages: list[Any], text: str, file: Path) -> Iterator[Used]:
    """Each package of a lock, at the version that it is locked to; raises UsageError where it can be no package.

    Where nothing in it asks for anything, it is one that leaves that out, as ``pylock.toml`` may.
    """
    silent = not any(isinstance(package, dict) and "dependencies" in package for package in packages)
    for package, place in zip(packages, _places(text, file, len(packages)), strict=True):
        if not isinstance(package, dict) or not isinstance(package.get("name"), str):
            raise UsageError(f"{place}: is no package: it has no name")
        for used in _package(package, place):
            yield replace(used, needs=None) if silent and not used.own else used


def _places(text: str, file: Path, count: int) -> list[str]:
    """The line of each package, or which one it is, where the lock is written otherwise than package managers do."""
    lines = [text.count("\n", 0, found.start()) + 1 for found in _TABLE.finditer(text)]
    if len(lines) == count:
        return [f"{file}:{line}" for line in lines]
    return [f"{file}, package {number}" for number in range(1, count + 1)]


def _package(package: dict[str, Any], place: str) -> Iterator[Used]:
    name, version = _named(package["name"], place), package.get("version")
    own = is_own(package) and name not in adapters()
    where = "" if own else outside(package)
    if where:
        yield elsewhere(where, place, name)
    elif version is not None or not own:
        index = other_index(package)
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
    """The package as indexes call it; raises UsageError where there can be no such package."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{place}: {name!r} is no name of a package")
    return str(canonicalize_name(name))


def _version(name: str, version: object, place: str) -> str:
    try:
        Version(str(version))
    except InvalidVersion:
        raise UsageError(f"{place}: {name}: {version!r} is no version") from None
    return str(version)


def _needs(package: dict[str, Any]) -> Iterator[str]:
    """The names of a locked package's dependencies, with those of its extras that uv lists where they are asked for."""
    extras = package.get("optional-dependencies")
    for several in (package.get("dependencies"), *(extras.values() if isinstance(extras, dict) else ())):
        for each in several if isinstance(several, list | dict) else ():
            name = each.get("name") if isinstance(each, dict) else each
            if isinstance(name, str) and (found := _NAME.match(name)):
                yield str(canonicalize_name(found[0]))
