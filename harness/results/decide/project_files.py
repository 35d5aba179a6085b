"""Reads the requirements of a ``pyproject.toml``, in its own tables and in those of Poetry, uv, PDM, Rye and Hatch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tomllib
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from harness.results.decide.libraries import adapters
from harness.results.decide.libraries_used import Used, alternatives, elsewhere, merged, read_requirement, releases
from harness.shared.bounded_reading import parse_toml
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_EDITABLE = re.compile(r"(?:-e|--editable)[ =]+(?P<source>.+)")
_ELSEWHERE_OF_UV = ("git", "url", "path", "workspace")
"""Keys in ``[tool.uv.sources]`` that mark packages from outside an index."""

_SHORT = re.compile(r"(?P<sign>\^|~(?!=))\s*(?P<version>\d+(?:\.\d+)*)\S*")
_ELSEWHERE_OF_POETRY = ("git", "url", "path", "file")
_LISTS = (("uv", "dev-dependencies"), ("rye", "dev-dependencies"))
_OF_HATCH = ("dependencies", "extra-dependencies")


def parse_document(text: str, file: Path) -> dict[str, Any]:
    """A project or a lock; raises UsageError if it is not TOML."""
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
        *read(_poetry_lines(poetry.get("dependencies", {}), python)),
        *_sources_of_uv(document, file),
    ]
    groups = [
        *project.get("optional-dependencies", {}).values(),
        *document.get("dependency-groups", {}).values(),
        *(_poetry_lines(group, python) for group in _poetry_groups(poetry)),
        *_groups_of_tools(tool),
    ]
    yield from alternatives(always, map(read, groups))
    yield from merged(read(_overrides_of_tools(tool)))
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
    """Yield what installing a project brings: its requirements and those of some extras, without development groups.

    Args:
        document: the contents of its ``pyproject.toml``.
        file: the path of that file.
        extras: the requested extras.
        python: the Python for which markers are evaluated, such as ``3.11``.
        place: the line that installs the project, for the error if it is unknown what that installs.
    """
    found = [each for line in _own_lines(document, extras) for each in read_requirement(line, str(file), python)]
    poetry = document.get("tool", {}).get("poetry", {})
    for line in _poetry_lines(poetry.get("dependencies", {}), python):
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
    """Return why a project's file does not list all of its requirements; empty if it does."""
    project, poetry = document.get("project"), document.get("tool", {}).get("poetry", {})
    if poetry.get("dependencies") is not None:
        return ""
    if project is None:
        return "" if poetry or "dependency-groups" in document else "does not say what it asks for"
    dynamic = project.get("dynamic", [])
    if "dependencies" in dynamic or (extras and "optional-dependencies" in dynamic):
        return "declares its dependencies dynamically, so only building it shows them"
    return ""


def _sources_of_uv(document: dict[str, Any], file: Path) -> Iterator[Used]:
    for name, source in document.get("tool", {}).get("uv", {}).get("sources", {}).items():
        for each in source if isinstance(source, list) else [source]:
            key = next((key for key in _ELSEWHERE_OF_UV if key in each), None)
            if key is not None:
                where = key if each[key] is True else str(each[key])
                yield elsewhere(where, str(file), str(canonicalize_name(name)))


def _poetry_groups(poetry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the dependencies of each optional group."""
    for group in poetry.get("group", {}).values():
        yield group.get("dependencies", {})
    yield poetry.get("dev-dependencies", {})


def _poetry_lines(dependencies: dict[str, Any], python: str) -> Iterator[str]:
    """Each dependency of a table that applies to a Python, as a requirement."""
    for name, value in dependencies.items():
        for each in value if isinstance(value, list) else [value]:
            wanted = each if isinstance(each, dict) else {"version": str(each)}
            if name.lower() != "python" and _is_for(wanted, python):
                yield _line_of_poetry(name, wanted)


def _is_for(wanted: dict[str, Any], python: str) -> bool:
    try:
        pythons = SpecifierSet(_specifier(str(wanted.get("python", "*"))))
        return any(pythons.contains(release) for release in releases(python))
    except InvalidSpecifier:
        return True


def _line_of_poetry(name: str, wanted: dict[str, Any]) -> str:
    extras = f"[{','.join(wanted['extras'])}]" if wanted.get("extras") else ""
    marker = f" ; {wanted['markers']}" if wanted.get("markers") else ""
    where = next((str(wanted[key]) for key in _ELSEWHERE_OF_POETRY if key in wanted), None)
    if where is not None:
        return f"{name}{extras} @ {where.replace(' ', '%20')}{marker}"
    return f"{name}{extras}{_specifier(str(wanted.get('version', '*')))}{marker}"


def _specifier(constraint: str) -> str:
    """A constraint of Poetry as pip writes it; alternatives (``||``) become any version, so that all of them count."""
    if "|" in constraint:
        return ""
    parts = (part.strip() for part in re.split(r",|\s+(?=[<>=!^~])", constraint))
    return ",".join(said for part in parts if part and (said := _part(part)))


def _part(part: str) -> str:
    short = _SHORT.fullmatch(part)
    if short:
        version = part[len(short["sign"]) :].strip()
        return f">={version},<{_end(short['sign'], short['version'])}"
    if part == "*":
        return ""
    return f"=={part}" if part[0].isdigit() else part


def _end(sign: str, version: str) -> str:
    """The first excluded version: ``^`` keeps the first number that is not zero, ``~`` the second."""
    numbers = [int(each) for each in version.split(".")]
    at = next((at for at, each in enumerate(numbers) if each), len(numbers) - 1) if sign == "^" else 1
    at = min(at, len(numbers) - 1)
    return ".".join(map(str, [*numbers[:at], numbers[at] + 1]))


def _groups_of_tools(tool: dict[str, Any]) -> Iterator[list[str]]:
    """Yield the requirements of each group in the tables of other tools."""
    for name, key in _LISTS:
        yield tool.get(name, {}).get(key, [])
    yield from tool.get("pdm", {}).get("dev-dependencies", {}).values()
    for environment in tool.get("hatch", {}).get("envs", {}).values():
        for key in _OF_HATCH:
            yield environment.get(key, [])


def _overrides_of_tools(tool: dict[str, Any]) -> Iterator[str]:
    """Yield the requirements that override those of other packages."""
    yield from tool.get("uv", {}).get("override-dependencies", [])
    for name, said in tool.get("pdm", {}).get("resolution", {}).get("overrides", {}).items():
        yield _override(name, str(said))


def _override(name: str, said: str) -> str:
    if "/" in said:
        return f"{name} @ {said}"
    return f"{name}=={said}" if said[:1].isdigit() else f"{name}{said}"
