"""Which libraries somebody uses: what their requirements or lock file names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomllib
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.decide.poetry import poetry_lines
from harness.errors import InputError, UsageError
from harness.reading import MOST_TYPED, parse_toml, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_INCLUDES = re.compile(r"(?:-r|-c|--requirement|--constraint)[ =]*(?P<file>.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)[ =]*(?P<source>.+)")
_ELSEWHERE = re.compile(
    r"[\w.+-]+:/|[./~\\]|\w:\\|[\w.-]+[/\\]|\S+\.(?:whl|zip|tgz|tar\.\w+)(?:[#\[]\S*)?(?:\s*;.*)?$", re.IGNORECASE
)
"""A file, a folder or an address without a name before it: pip looks inside, we cannot."""

_LOGIN = re.compile(r"//[^/@\s]+@")
_AFTER_REQUIREMENT = re.compile(r"\s(?:#|--[a-z]).*$")
"""Remarks, and pip's options for one requirement, such as ``--hash``."""

_MOST_FILES = 100
"""That a requirements file includes, and those include."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OWN = frozenset({"virtual", "editable", "directory"})
"""Where a lock says that a package is a folder of the user's: uv.lock in ``source``, pylock.toml beside the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A package that a file names: ``version`` where exactly one can be meant, else the range in ``specifier``.

    ``extras`` are those of its extras that are asked for. ``needs`` has the names of what a lock says that it asks for;
    ``None`` of other files. ``own`` says that it is the user's, brought as a folder, and not from an index.
    ``source`` is the path, address or repository that it is installed from instead: nobody measured that.
    """

    name: str
    version: str | None
    specifier: str
    place: str
    extras: frozenset[str] = frozenset()
    needs: tuple[str, ...] | None = None
    own: bool = False
    source: str = ""

    def admits(self, version: str) -> bool:
        """Whether it lets that version be installed."""
        try:
            return SpecifierSet(self.specifier).contains(version, prereleases=True)
        except (InvalidSpecifier, InvalidVersion):  # a lock may write a version that none of PyPI's is like
            return self.version == version

    def __str__(self) -> str:
        if self.source:
            return f"{self.name} @ {self.source}" if self.name != self.source else self.source
        return f"{self.name} {self.version}" if self.version else f"{self.name}{self.specifier}"


def read_used(file: Path, *, python: str) -> tuple[Used, ...]:
    """Every package that a file names for a Python.

    Args:
        file: requirements or constraints as pip reads them; ``pyproject.toml``; or a lock: ``uv.lock``,
            ``poetry.lock``, ``pdm.lock``, ``pylock.toml``.
        python: as ``3.11``; markers are read for it.

    Raises UsageError where it cannot be read, or is not understood.
    """
    text = _read(file)
    try:
        if file.suffix == ".toml" or file.name.endswith(".lock"):
            return tuple(_document(text, file, python))
        return tuple(_merged(_lines(text, file, python, seen={file.resolve()})))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # such as a table where a list should be
        raise UsageError(f"{file}: is not understood: {error}") from None


def _read(file: Path) -> str:
    try:
        return read_bytes(file, MOST_TYPED).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not text in UTF-8") from None


def _lines(text: str, file: Path, python: str, seen: set[Path]) -> Iterator[Used]:
    joined = text.replace("\\\r\n", " ").replace("\\\n", " ")
    for number, raw in enumerate(joined.splitlines(), start=1):
        line = _AFTER_REQUIREMENT.sub("", raw.strip()).strip()
        place = f"{file}:{number}"
        include = _INCLUDES.fullmatch(line)
        if include:
            other = _included(file, include["file"].strip(), place)
            if other not in seen:
                seen.add(other)
                if len(seen) > _MOST_FILES:
                    raise InputError(f"{place}: more than {_MOST_FILES} files include each other")
                yield from _lines(_read(other), other, python, seen)
        elif editable := _EDITABLE.fullmatch(line):
            yield _elsewhere(editable["source"], place)
        elif line and not line.startswith(("#", "-")):
            yield from _requirement(line, place, python)


def _included(file: Path, name: str, place: str) -> Path:
    try:
        return (file.parent / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, or links in a ring
        raise InputError(f"{place}: {name!r}: cannot be read: {error}") from None


def _elsewhere(source: str, place: str, name: str = "") -> Used:
    """What is installed from elsewhere than an index; without a name it goes by where it comes from."""
    where = _LOGIN.sub("//", source.strip())
    return Used(name=name or where, version=None, specifier="", place=place, source=where)


def _requirement(line: str, place: str, python: str) -> Iterator[Used]:
    if _ELSEWHERE.match(line) and not re.match(r"\S+\s*@", line.split("/", maxsplit=1)[0]):
        yield _elsewhere(line, place)
        return
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        raise UsageError(f"{place}: {line!r} is no requirement") from None
    if wanted.marker and not wanted.marker.evaluate({"python_version": python, "python_full_version": f"{python}.0"}):
        return
    if wanted.url:
        yield _elsewhere(wanted.url, place, str(canonicalize_name(wanted.name)))
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


def _merged(found: Iterator[Used]) -> Iterator[Used]:
    """Each package once: requirements and constraints speak of it together."""
    by_name: dict[str, list[Used]] = {}
    for used in found:
        by_name.setdefault(used.name, []).append(used)
    for name, several in by_name.items():
        exact = next((each.version for each in several if each.version), None)
        specifier = ",".join(dict.fromkeys(each.specifier for each in several if each.specifier))
        extras = frozenset(extra for each in several for extra in each.extras)
        odd = next((each for each in several if each.source), None)
        if odd:
            yield odd
            continue
        yield Used(name=name, version=exact, specifier=specifier, place=several[0].place, extras=extras)


def _document(text: str, file: Path, python: str) -> Iterator[Used]:
    try:
        document = parse_toml(text, str(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: is not TOML: {error}") from None
    packages = document.get("package", document.get("packages"))
    if isinstance(packages, list):
        yield from _locked(packages, file)
    elif {"project", "dependency-groups"} & document.keys() or "poetry" in document.get("tool", {}):
        yield from _merged(_project(document, file, python))
    else:
        raise UsageError(
            f"{file}: is neither a lock nor a pyproject.toml",
            hint="Expected [[package]] or [[packages]] of a lock, or [project] or [tool.poetry] with its dependencies.",
        )


def _locked(packages: list[Any], file: Path) -> Iterator[Used]:
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


def _project(document: dict[str, Any], file: Path, python: str) -> Iterator[Used]:
    project = document.get("project", {})
    groups = [*project.get("optional-dependencies", {}).values(), *document.get("dependency-groups", {}).values()]
    for line in [line for group in [project.get("dependencies", []), *groups] for line in group]:
        if isinstance(line, str):  # a table includes another group, whose lines are read anyway
            yield from _requirement(line, str(file), python)
    for line in poetry_lines(document.get("tool", {}).get("poetry", {}), python):
        yield from _requirement(line, str(file), python)
    for name, source in document.get("tool", {}).get("uv", {}).get("sources", {}).items():
        for each in source if isinstance(source, list) else [source]:
            where = next(
                (
                    key if each[key] is True else str(each[key])
                    for key in ("git", "url", "path", "workspace")
                    if key in each
                ),
                None,
            )
            if where is not None:
                yield _elsewhere(where, str(file), str(canonicalize_name(name)))
