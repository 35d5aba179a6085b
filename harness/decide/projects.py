"""What a ``pyproject.toml`` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from harness.decide.poetry import poetry_lines
from harness.decide.used import Used, elsewhere, read_requirement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read_project(document: dict[str, Any], file: Path, python: str) -> Iterator[Used]:
    """Each requirement of a project, of its extras and its groups, for a Python."""
    project = document.get("project", {})
    groups = [*project.get("optional-dependencies", {}).values(), *document.get("dependency-groups", {}).values()]
    for line in [line for group in [project.get("dependencies", []), *groups] for line in group]:
        if isinstance(line, str):  # a table includes another group, whose lines are read anyway
            yield from read_requirement(line, str(file), python)
    for line in poetry_lines(document.get("tool", {}).get("poetry", {}), python):
        yield from read_requirement(line, str(file), python)
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
                yield elsewhere(where, str(file), str(canonicalize_name(name)))
