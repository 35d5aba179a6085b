"""Reads users' files: requirements and constraints as pip reads them, projects, and lock files."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from harness.results.decide.index_sources import Sources, hide_login, is_pypi, read_sources
from harness.results.decide.libraries_used import Used, elsewhere, from_indexes, merged, read_requirement
from harness.results.decide.lock_files import read_lock
from harness.results.decide.project_files import parse_document, read_own, read_project
from harness.shared.bounded_reading import MOST_TYPED, read_bytes
from harness.shared.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_REMARK = re.compile(r"(?:^|\s+)#.*$")
_OPTIONS_OF_ONE = re.compile(r"\s--[a-z].*$")
"""Matches options after a requirement, such as ``--hash``, including those that do not belong there."""

_OWN = re.compile(r"\.[/\\]?(?:\[(?P<extras>[^\]]*)\])?")
"""Matches the folder that pip runs in, which is the user's own project."""

_MOST_FILES = 100
"""Files that a requirements file may include, directly or not."""

_OF_NO_MATTER = tuple(
    f"--{name}"
    for name in (
        *("no-binary", "only-binary", "trusted-host", "use-feature", "hash", "global-option", "config-settings"),
        *("all-releases", "only-final"),
    )
)
_SWITCHES = ("--no-index", "--pre", "--prefer-binary", "--require-hashes")


def read_used(file: Path, *, python: str) -> tuple[Used, ...]:
    """Return every package that a file names for a Python.

    Args:
        file: requirements or constraints as pip reads them; ``pyproject.toml``; or a lock: ``uv.lock``,
            ``poetry.lock``, ``pdm.lock``, ``pylock.toml``.
        python: the Python for which markers are evaluated, such as ``3.11``.

    Raises:
        UsageError: the file cannot be read, or is not understood.
    """
    try:
        if file.suffix == ".toml" or file.name.endswith(".lock"):
            return tuple(_document(file, python))
        return tuple(_read_requirements(file, _read, python))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # such as a table instead of a list
        raise UsageError(f"{file}: is not understood: {error}") from None


def _read(file: Path) -> str:
    try:
        return read_bytes(file, MOST_TYPED).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not text in UTF-8") from None


def _document(file: Path, python: str) -> Iterator[Used]:
    text = _read(file)
    document = parse_document(text, file)
    packages = document.get("package", document.get("packages"))
    if isinstance(packages, list):
        beside = file.with_name("pyproject.toml")
        sources = (
            read_sources(parse_document(_read(beside), beside)) if _is_silent(file) and beside.exists() else Sources()
        )
        yield from (_sourced(each, sources, beside) for each in read_lock(packages, text, file))
    elif {"project", "dependency-groups"} & document.keys() or "poetry" in document.get("tool", {}):
        sources = read_sources(document)
        yield from (_sourced(each, sources, file) for each in read_project(document, file, python))
    else:
        raise UsageError(
            f"{file}: is neither a lock file nor a pyproject.toml",
            hint="Expected [[package]] or [[packages]] of a lock file, or a [project] or [tool.poetry] table.",
        )


def _is_silent(lock: Path) -> bool:
    """Whether a lock does not name the index of each package, so that the project must; PDM's does not."""
    return lock.name.startswith("pdm.")


def _sourced(used: Used, sources: Sources, project: Path) -> Used:
    return used if used.index else from_indexes(used, [(each, str(project)) for each in sources.of(used.name)])


def _read_requirements(file: Path, read: Callable[[Path], str], python: str) -> Iterator[Used]:
    """Yield each package of a requirements file and of the files that it includes.

    Args:
        file: the file.
        read: returns the text of a file.
        python: the Python for which markers are evaluated, such as ``3.11``.

    Raises:
        UsageError: a line is not understood.
    """
    reading = _Reading(first=file, read=read, python=python)
    found = list(merged(reading.file(file)))
    for each in found:
        own = [
            (index, str(project)) for project, sources in reading.projects.items() for index in sources.of(each.name)
        ]
        yield from_indexes(each, [*reading.indexes, *own])


@dataclass(kw_only=True)
class _Reading:
    """Reads files that include each other; an index that one of them names counts for all of them."""

    first: Path
    read: Callable[[Path], str]
    python: str
    seen: set[tuple[Path, bool]] = field(default_factory=set)
    """Each file that was read, and whether it was read as constraints."""

    indexes: list[tuple[str, str]] = field(default_factory=list)
    """Addresses other than PyPI, or folders, each with the line that names it."""

    projects: dict[Path, Sources] = field(default_factory=dict)
    """The user's own projects, by their ``pyproject.toml``."""

    def file(self, file: Path, *, limit: bool = False) -> Iterator[Used]:
        text = self.read(file)
        self.seen.add((file.resolve(), limit))
        for number, raw in _joined(text):
            line, place = _REMARK.sub("", raw).strip(), f"{file}:{number}"
            if line.startswith("-"):
                yield from self.options(_parsed(line, place), file, place, limit=limit)
            elif own := _OWN.fullmatch(line):
                yield from self.own(own["extras"] or "", file, place)
            elif line:
                options = _OPTIONS_OF_ONE.search(line)
                if options:
                    yield from self.options(_parsed(options[0].strip(), place), file, place, limit=limit)
                found = read_requirement(_OPTIONS_OF_ONE.sub("", line).strip(), place, self.python)
                yield from (replace(each, limit=limit) for each in found)

    def options(self, said: Namespace, file: Path, place: str, *, limit: bool) -> Iterator[Used]:
        named = [*said.index_url, *said.extra_index_url, *said.find_links]
        self.indexes += [(hide_login(each), place) for each in named if not is_pypi(each)]
        for source in said.editable:
            own = _OWN.fullmatch(source)
            yield from self.own(own["extras"] or "", file, place) if own else [elsewhere(source, place)]
        for name in (*said.requirement, *said.constraint):
            other, limits = _included(file, name, place), limit or name in said.constraint
            if (other, limits) not in self.seen:
                if len(self.seen) >= _MOST_FILES:
                    raise InputError(f"{place}: more than {_MOST_FILES} files include one another")
                yield from self.file(other, limit=limits)

    def own(self, extras: str, file: Path, place: str) -> Iterator[Used]:
        """Yield the requirements of the user's own project: the pyproject.toml beside this file, or the first file."""
        beside = {each.with_name("pyproject.toml").resolve() for each in (self.first, file)}
        found = [each for each in beside if each.exists()]
        if len(found) != 1:
            which = "more than one" if found else "no"
            why = f"{place} installs your own project, and {which} pyproject.toml beside it lists its requirements"
            yield elsewhere(".", place, why=why)
            return
        document = parse_document(self.read(found[0]), found[0])
        self.projects[found[0]] = read_sources(document)
        names = [each.strip() for each in extras.split(",") if each.strip()]
        yield from read_own(document, found[0], names, python=self.python, place=place)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """The lines, each with its number; a backslash at the end continues a line, except in a comment."""
    begun: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if begun else number
        remark = _REMARK.match(line)
        if line.endswith("\\") and not remark:
            begun.append(line.rstrip("\\"))
            continue
        yield start, "".join([*begun, " " if remark else "", line])
        begun = []
    if begun:
        yield start, "".join(begun)


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


@cache
def _options() -> ArgumentParser:
    """The options of a line; pip accepts an abbreviation, too."""
    parser = _Parser(add_help=False)
    for names in (
        ("-r", "--requirement"),
        ("-c", "--constraint"),
        ("-e", "--editable"),
        ("-i", "--index-url", "--pypi-url"),
        ("--extra-index-url",),
        ("-f", "--find-links"),
        *((name,) for name in _OF_NO_MATTER),
    ):
        parser.add_argument(*names, action="append", default=[])
    for name in _SWITCHES:
        parser.add_argument(name, action="store_true")
    return parser


def _parsed(line: str, place: str) -> Namespace:
    words = shlex.shlex(line, posix=True)
    words.whitespace_split, words.commenters, words.escape = True, "", ""  # a backslash is part of a path
    try:
        said, rest = _options().parse_known_args(list(words))
    except ValueError as error:
        raise UsageError(f"{place}: {line!r} is not understood: {error}") from None
    if unknown := [word for word in rest if word.startswith("-")]:
        raise UsageError(f"{place}: {unknown[0]} is not an option of a requirements file")
    return said


def _included(file: Path, name: str, place: str) -> Path:
    try:
        return (file.parent / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, or links in a ring
        raise InputError(f"{place}: {name!r}: cannot be read: {error}") from None
