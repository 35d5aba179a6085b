"""Finds the package indexes other than PyPI that a ``pyproject.toml`` names for uv, Poetry and PDM."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OTHER_BUILD = "which may have another build under that version; it was not measured"
"""Why nothing is known of a package from another index."""


_LOGIN = re.compile(r"//[^/@\s]+@")
_PYPI = re.compile(
    r"https?://(?:[^/@\\\s]*@)?(?:pypi\.org|files\.pythonhosted\.org)(?::\d+)?(?:[/?#].*)?", re.IGNORECASE
)
_PYPI_NAME = "pypi"
"""The name of PyPI in Poetry and PDM."""


def hide_login(address: str) -> str:
    """An address without the name and password in it."""
    return _LOGIN.sub("//", address.strip())


def is_pypi(address: str) -> bool:
    """Whether that is PyPI, or PyPI's file host; a mirror is neither."""
    return bool(_PYPI.fullmatch(address.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index, or a folder of files, that a project names.

    ``explicit`` says that only packages that name the index come from it. ``include`` and ``exclude`` are globs of PDM:
    an excluded package never comes from the index, except if it is also included.
    """

    address: str
    name: str = ""
    explicit: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def serves(self, package: str) -> bool:
        """Whether a package that names no index may come from it."""
        included = any(fnmatchcase(package, each) for each in self.include)
        return not self.explicit and (included or not any(fnmatchcase(package, each) for each in self.exclude))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All indexes of a project, and the names of those that packages are bound to."""

    indexes: tuple[Index, ...] = ()
    bound: dict[str, list[str]] = field(default_factory=dict)

    def of(self, package: str) -> tuple[str, ...]:
        """The addresses other than PyPI that a package comes from, or may come from."""
        if package in self.bound:
            found = [self._called(name) for name in self.bound[package]]
        else:
            found = [each.address for each in self.indexes if each.serves(package)]
        return tuple(dict.fromkeys(hide_login(each) for each in found if each and not is_pypi(each)))

    def _called(self, name: str) -> str:
        known = next((each.address for each in self.indexes if each.name == name), None)
        return known if known is not None else "" if name.lower() == _PYPI_NAME else f"an index called {name}"


def read_sources(document: dict[str, Any]) -> Sources:
    """Read the indexes that a project names."""
    tool = document.get("tool", {})
    bound: dict[str, list[str]] = {}
    for name, index in (*_bound_by_uv(tool.get("uv", {})), *_bound_by_poetry(tool.get("poetry", {}))):
        bound.setdefault(str(canonicalize_name(name)), []).append(index)
    return Sources(indexes=(*_of_uv(tool.get("uv", {})), *_of_others(tool)), bound=bound)


def _of_uv(uv: dict[str, Any]) -> Iterator[Index]:
    for each in uv.get("index", []):
        yield Index(address=str(each["url"]), name=each.get("name", ""), explicit=each.get("explicit", False))
    for table in (uv, uv.get("pip", {})):
        several = (table.get("index-url"), table.get("extra-index-url"), table.get("find-links"))
        for said in several:
            for address in said if isinstance(said, list) else [said]:
                if address is not None:
                    yield Index(address=str(address))


def _of_others(tool: dict[str, Any]) -> Iterator[Index]:
    for each in (*tool.get("poetry", {}).get("source", []), *tool.get("pdm", {}).get("source", [])):
        yield Index(
            address=str(each.get("url", "")),
            name=each.get("name", ""),
            explicit=each.get("priority") == "explicit",
            include=tuple(each.get("include_packages", ())),
            exclude=tuple(each.get("exclude_packages", ())),
        )


def _bound_by_uv(uv: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, source in uv.get("sources", {}).items():
        for each in source if isinstance(source, list) else [source]:
            if "index" in each:
                yield name, str(each["index"])


def _bound_by_poetry(poetry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for table in _tables(poetry):
        for name, wanted in table.items():
            for each in wanted if isinstance(wanted, list) else [wanted]:
                if isinstance(each, dict) and "source" in each:
                    yield name, str(each["source"])


def _tables(poetry: dict[str, Any]) -> Iterable[dict[str, Any]]:
    groups = [group.get("dependencies", {}) for group in poetry.get("group", {}).values()]
    return (poetry.get("dependencies", {}), poetry.get("dev-dependencies", {}), *groups)
