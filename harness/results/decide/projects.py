"""What a ``pyproject.toml`` asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tomllib
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from harness.results.decide.libraries import adapters
from harness.results.decide.libraries_used import Used, alternatives, elsewhere, merged, read_requirement
from harness.results.decide.poetry import poetry_groups, poetry_lines
from harness.results.decide.tool_groups import groups_of_tools, overrides_of_tools
from harness.shared.bounded_reading import parse_toml
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_EDITABLE = re.compile(r"(?:-e|--editable)[ =]+(?P<source>.+)")
_ELSEWHERE = ("git", "url", "path", "workspace")
"""Keys of ``[tool.uv.sources]`` that say that a package comes from no index."""


def parse_document(text: str, file: Path) -> dict[str, Any]:
    """A project or a lock; raises UsageError where it is no TOML."""
    try:
        return parse_toml(text, str(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: is not TOML: {error}") from None


def read_project(document: dict[str, Any], file: Path, python: str) -> Iterator[Used]:
    """Each requirement of a project, of its extras and its groups, for a Python."""
    tool = document.get("tool", {})
    project, poetry = document.get("project", {}), tool.get("poetry", {})

    def read(lines: Iterable[str]) -> list[Used]:
        return [used for line in lines for used in _line(line, file, python, _name(document))]

    always = [
        *read(project.get("dependencies", [])),
        *read(poetry_lines(poetry.get("dependencies", {}), python)),
        *_sources_of_uv(document, file),
    ]
    groups = [
        *project.get("optional-dependencies", {}).values(),
        *document.get("dependency-groups", {}).values(),
        *(poetry_lines(group, python) for group in poetry_groups(poetry)),
        *groups_of_tools(tool),
    ]
    yield from alternatives(always, map(read, groups))
    yield from merged(read(overrides_of_tools(tool)))
    if unsaid := _unsaid(document):
        yield elsewhere(str(file), str(file), why=f"{file} {unsaid}")


def _line(line: object, file: Path, python: str, name: str) -> Iterator[Used]:
    if not isinstance(line, str) or _own_extras(line, name):  # what it includes is read anyway
        return
    editable = _EDITABLE.fullmatch(line)
    if editable:
        yield elsewhere(editable["source"], str(file))
    else:
        yield from read_requirement(line, str(file), python)


def read_own(document: dict[str, Any], file: Path, extras: Iterable[str], *, python: str, place: str) -> Iterator[Used]:
    """What installing a project brings: what it asks for, also for some extras, without the groups for its makers.

    Args:
        document: the project.
        file: where that stands.
        extras: which extras are asked for.
        python: as ``3.11``; markers are read for it.
        place: the line that installs it, which is named where nobody can tell what that brings.
    """
    found = [each for line in _own_lines(document, extras) for each in read_requirement(line, str(file), python)]
    poetry = document.get("tool", {}).get("poetry", {})
    for line in poetry_lines(poetry.get("dependencies", {}), python):
        found.extend(read_requirement(line, str(file), python))
    names = {each.name for each in found}
    yield from found
    yield from (each for each in _sources_of_uv(document, file) if each.name in names)
    if unsaid := _unsaid(document, extras=bool(list(extras))):
        yield elsewhere(".", place, why=f"{place} installs your own project, and {file} {unsaid}")
    if _name(document) in adapters():
        yield elsewhere(".", place, _name(document))


def _name(document: dict[str, Any]) -> str:
    poetry = document.get("tool", {}).get("poetry", {})
    return str(canonicalize_name(document.get("project", {}).get("name") or poetry.get("name") or ""))


def _own_lines(document: dict[str, Any], extras: Iterable[str]) -> Iterator[str]:
    """The requirements of ``[project]``; an extra may ask for others of the same project."""
    project = document.get("project", {})
    known = {canonicalize_name(name): lines for name, lines in project.get("optional-dependencies", {}).items()}
    yield from project.get("dependencies", [])
    left, seen = [canonicalize_name(each) for each in extras], set[str]()
    while left:
        extra = left.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for line in known.get(extra, []):
            more = _own_extras(line, _name(document))
            left.extend(canonicalize_name(each) for each in more)
            if not more:
                yield line


def _own_extras(line: str, name: str) -> set[str]:
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        return set()
    return wanted.extras if canonicalize_name(wanted.name) == name else set()


def _unsaid(document: dict[str, Any], *, extras: bool = False) -> str:
    """Why a project does not tell all that it asks for; empty where it does."""
    project, poetry = document.get("project"), document.get("tool", {}).get("poetry", {})
    if poetry.get("dependencies") is not None:
        return ""
    if project is None:
        return "" if poetry or "dependency-groups" in document else "does not say what it asks for"
    dynamic = project.get("dynamic", [])
    if "dependencies" in dynamic or (extras and "optional-dependencies" in dynamic):
        return "says its dependencies dynamically, so that only building it can tell them"
    return ""


def _sources_of_uv(document: dict[str, Any], file: Path) -> Iterator[Used]:
    for name, source in document.get("tool", {}).get("uv", {}).get("sources", {}).items():
        for each in source if isinstance(source, list) else [source]:
            key = next((key for key in _ELSEWHERE if key in each), None)
            if key is not None:
                where = key if each[key] is True else str(each[key])
                yield elsewhere(where, str(file), str(canonicalize_name(name)))
