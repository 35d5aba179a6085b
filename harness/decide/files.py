"""What people's files name: requirements as pip reads them, and by their kind projects and locks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tomllib

from harness.decide.locks import read_lock
from harness.decide.projects import read_project
from harness.decide.used import Used, elsewhere, merged, read_requirement
from harness.errors import InputError, UsageError
from harness.reading import MOST_TYPED, parse_toml, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_INCLUDES = re.compile(r"(?:-r|-c|--requirement|--constraint)[ =]*(?P<file>.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)[ =]*(?P<source>.+)")
_AFTER_REQUIREMENT = re.compile(r"\s(?:#|--[a-z]).*$")
"""Remarks, and pip's options for one requirement, such as ``--hash``."""

_MOST_FILES = 100
"""That a requirements file includes, and those include."""


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
        return tuple(merged(_lines(text, file, python, seen={file.resolve()})))
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
            yield elsewhere(editable["source"], place)
        elif line and not line.startswith(("#", "-")):
            yield from read_requirement(line, place, python)


def _included(file: Path, name: str, place: str) -> Path:
    try:
        return (file.parent / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, or links in a ring
        raise InputError(f"{place}: {name!r}: cannot be read: {error}") from None


def _document(text: str, file: Path, python: str) -> Iterator[Used]:
    try:
        document = parse_toml(text, str(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: is not TOML: {error}") from None
    packages = document.get("package", document.get("packages"))
    if isinstance(packages, list):
        yield from read_lock(packages, text, file)
    elif {"project", "dependency-groups"} & document.keys() or "poetry" in document.get("tool", {}):
        yield from merged(read_project(document, file, python))
    else:
        raise UsageError(
            f"{file}: is neither a lock nor a pyproject.toml",
            hint="Expected [[package]] or [[packages]] of a lock, or [project] or [tool.poetry] with its dependencies.",
        )
