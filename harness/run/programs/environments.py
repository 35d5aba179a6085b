"""Says which environments a program is tried in, and where the commands of each are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.program_spec import ProgramSpec
from harness.plan.matrix.rows import Row, running_python
from harness.results.decide.libraries import adapters
from harness.results.decide.libraries_used import Used
from harness.results.decide.requirement_files import read_used
from harness.shared.errors import UsageError


def program_environments(spec: ProgramSpec) -> list[Row]:
    """Return the environments that are made for a program; none if it has its own.

    Raises:
        UsageError: its requirements cannot be read.
    """
    if spec.libraries:
        return list(rows_of(spec.libraries, spec.requirements, spec.beside).values())
    if spec.requirements is not None or spec.beside:
        return [requirements_row(spec.name, spec.requirements, spec.beside)]
    return []


def rows_of(libraries: Sequence[str], requirements: Path | None, beside: Sequence[str]) -> dict[str, Row]:
    """Return the environment of each library.

    Args:
        libraries: names and versions.
        requirements: the file that says what the program needs besides.
        beside: further requirements.

    Raises:
        UsageError: the file cannot be read.
    """
    python = running_python()
    used = () if requirements is None else read_used(requirements, python=python)
    return {library: _row(library, python, used, beside) for library in libraries}


def requirements_row(name: str, requirements: Path | None, beside: Sequence[str]) -> Row:
    """Return the environment of a program whose library is not varied.

    Args:
        name: of the program.
        requirements: the file that says what it needs.
        beside: further requirements.

    Raises:
        UsageError: the file cannot be read.
    """
    python = running_python()
    used = () if requirements is None else read_used(requirements, python=python)
    needed = (*_from_indexes(used), *beside)
    return Row(adapter="", name=name, distribution=name, version="required", python=python, requirements=needed)


def _from_indexes(used: Sequence[Used]) -> tuple[str, ...]:
    return tuple(str(each).replace(" ", "==") for each in used if not each.source and not each.own)


def _row(library: str, python: str, used: Sequence[Used], beside: Sequence[str]) -> Row:
    name, _, version = library.partition("==")
    others = [each for each in _from_indexes(used) if _named(each) != canonicalize_name(name)]
    return Row(
        adapter=adapters().get(canonicalize_name(name), ""),
        name=name,
        distribution=name,
        version=version,
        python=python,
        requirements=(library, *others, *beside),
    )


def _named(requirement: str) -> str:
    return canonicalize_name(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])


def tools_in(environments: Path, rows: Sequence[Row]) -> dict[str, Path]:
    """Return the folder of each library's commands.

    Args:
        environments: the folder in which the environments are.
        rows: the environments, as `rows_of` gives them.

    Raises:
        UsageError: an environment is missing, or could not be built.
    """
    there = find_environments(environments, rows)
    found = {}
    for row in rows:
        known = there.get(row.id)
        if known is None:
            raise UsageError(f"{row.id}: has no environment", hint="Leave out --no-build, and it is built.")
        if not known.installed or known.python is None:
            why = " ".join(known.log.split()) or f"there is no Python {row.python} on this machine"
            raise UsageError(f"{', '.join(row.requirements)}: cannot be installed: {why}")
        found[row.library] = known.python.absolute().parent
    return found
