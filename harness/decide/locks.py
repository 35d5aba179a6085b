"""What a lock names: ``uv.lock``, ``poetry.lock``, ``pdm.lock``, ``pylock.toml``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.decide.used import Used
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OWN = frozenset({"virtual", "editable", "directory"})
"""Where a lock says that a package is a folder of the user's: uv.lock in ``source``, pylock.toml beside the name."""


def read_lock(packages: list[Any], file: Path) -> Iterator[Used]:
    """Each package of a lock, at the version that it is locked to; raises UsageError where it can be no package."""
    for package in packages:
        if (
            isinstance(package, dict)
            and isinstance(package.get("name"), str)
            and isinstance(package.get("version"), str)
        ):
            name, version = _named(package["name"], package["version"], file)
            yield Used(
                name=name,
                version=version,
                specifier=f"=={version}",
                place=str(file),
                needs=tuple(_needs(package.get("dependencies"))),
                own=_is_own(package),
            )


def _named(name: str, version: str, file: Path) -> tuple[str, str]:
    """The package as indexes call it, and its version; raises UsageError where there can be no such package."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{file}: {name!r} is no name of a package")
    try:
        Version(version)
    except InvalidVersion:
        raise UsageError(f"{file}: {name}: {version!r} is no version") from None
    return str(canonicalize_name(name)), version


def _needs(dependencies: object) -> Iterator[str]:
    """The names of a locked package's dependencies: tables with a name, requirements, or a table by name."""
    for each in dependencies if isinstance(dependencies, list | dict) else ():
        name = each.get("name") if isinstance(each, dict) else each
        if isinstance(name, str) and (found := _NAME.match(name)):
            yield str(canonicalize_name(found[0]))


def _is_own(package: dict[str, Any]) -> bool:
    source = package.get("source", package)
    return isinstance(source, dict) and bool(_OWN & source.keys())
