"""Where packages come from: PyPI, whose builds were measured, another index, or no index at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_BUILD = "which may have another build under that number: nobody measured that"
"""Why what another index than PyPI has is not known."""

_LOGIN = re.compile(r"//[^/@\s]+@")
_PYPI = re.compile(
    r"https?://(?:[^/@\\\s]*@)?(?:pypi\.org|files\.pythonhosted\.org)(?::\d+)?(?:[/?#].*)?", re.IGNORECASE
)
_OUTSIDE = ("git", "hg", "svn", "bzr", "vcs", "url", "path", "directory", "editable", "archive", "virtual")
"""Keys under which locks say that a package comes from no index: of uv in ``source``, of the others beside the name."""

_INDEXED = frozenset({"legacy", "pypi"})
"""What poetry.lock calls an index in ``source.type``."""

_FILES = ("sdist", "wheels", "files")
_HERE = frozenset({".", "./"})


def hide_login(address: str) -> str:
    """An address without the name and password in it."""
    return _LOGIN.sub("//", address.strip())


def is_pypi(address: str) -> bool:
    """Whether that is PyPI, or where PyPI keeps its files; a mirror is neither."""
    return bool(_PYPI.fullmatch(address.strip()))


def is_own(package: dict[str, Any]) -> bool:
    """Whether a lock says that a package is the project that it was made for, or one that is never installed."""
    source = _source(package)
    places = [table.get(key) for table in (source, package) for key in ("editable", "directory", "path")]
    places = [place.get("path") if isinstance(place, dict) else place for place in [*places, _of_poetry(source)]]
    return "virtual" in source or any(isinstance(place, str) and place in _HERE for place in places)


def outside(package: dict[str, Any]) -> str:
    """The path, address or repository that a lock takes a package from; empty where it comes from an index."""
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


def other_index(package: dict[str, Any]) -> str:
    """The index that a lock takes a package from, or one of its files; empty where that is PyPI, or none is named."""
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
