"""What people's files name: requirements as pip reads them, and by their kind projects and locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.results.decide.index_sources import Sources, read_sources
from harness.results.decide.libraries_used import Used, from_indexes
from harness.results.decide.locks import read_lock
from harness.results.decide.projects import parse_document, read_project
from harness.results.decide.requirements import read_requirements
from harness.shared.bounded_reading import MOST_TYPED, read_bytes
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read_used(file: Path, *, python: str) -> tuple[Used, ...]:
    """Every package that a file names for a Python.

    Args:
        file: requirements or constraints as pip reads them; ``pyproject.toml``; or a lock: ``uv.lock``,
            ``poetry.lock``, ``pdm.lock``, ``pylock.toml``.
        python: as ``3.11``; markers are read for it.

    Raises UsageError where it cannot be read, or is not understood.
    """
    try:
        if file.suffix == ".toml" or file.name.endswith(".lock"):
            return tuple(_document(file, python))
        return tuple(read_requirements(file, _read, python))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # such as a table where a list should be
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
            f"{file}: is neither a lock nor a pyproject.toml",
            hint="Expected [[package]] or [[packages]] of a lock, or [project] or [tool.poetry] with its dependencies.",
        )


def _is_silent(lock: Path) -> bool:
    """Whether it is a lock that does not say which index a package comes from, so that its project must: PDM's."""
    return lock.name.startswith("pdm.")


def _sourced(used: Used, sources: Sources, project: Path) -> Used:
    return used if used.index else from_indexes(used, [(each, str(project)) for each in sources.of(used.name)])
