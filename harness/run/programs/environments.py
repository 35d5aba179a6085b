"""Says which environments a program is tried in, and where the commands of each are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.program_spec import ProgramSpec
from harness.plan.matrix.rows import Row, running_python
from harness.results.decide.libraries import adapters
from harness.results.decide.libraries_used import Used
from harness.results.decide.requirement_files import read_used
from harness.shared.errors import UsageError

_ADDRESS = re.compile(r"(?:git\+)?(?:https?|ssh|file)://")

_HERE = frozenset({".", "./"})
"""What the user's own project is installed from."""


def program_environments(spec: ProgramSpec) -> list[Row]:
    """Return the environments that are made for a program; none if it has its own.

    Raises:
        UsageError: its requirements cannot be read.
    """
    if spec.libraries:
        return list(rows_of(spec.libraries, spec.requirements, spec.beside, spec.python).values())
    if spec.requirements is not None or spec.beside:
        return [requirements_row(spec.name, spec.requirements, spec.beside, spec.python)]
    return []


def rows_of(
    libraries: Sequence[str], requirements: Path | None, beside: Sequence[str], python: str | None = None
) -> dict[str, Row]:
    """Return the environment of each library.

    Args:
        libraries: names and versions.
        requirements: the file that says what the program needs besides.
        beside: further requirements.
        python: the Python of the environments, such as ``3.12`` [default: the running Python]

    Raises:
        UsageError: the file cannot be read, or names what cannot be installed from here.
    """
    python = python or running_python()
    wanted = list(_wanted(requirements, python))
    return {library: _row(library, python, wanted, beside) for library in libraries}


def requirements_row(name: str, requirements: Path | None, beside: Sequence[str], python: str | None = None) -> Row:
    """Return the environment of a program whose library is not varied.

    Args:
        name: of the program.
        requirements: the file that says what it needs.
        beside: further requirements.
        python: the Python of the environment, such as ``3.12`` [default: the running Python]

    Raises:
        UsageError: the file cannot be read, or names what cannot be installed from here.
    """
    python = python or running_python()
    needed = (*(each for _, each in _wanted(requirements, python)), *beside)
    return Row(adapter="", name=name, distribution=name, version="required", python=python, requirements=needed)


def _wanted(requirements: Path | None, python: str) -> Iterator[tuple[str, str]]:
    """Yield each name that a file requires, and the requirement as an installer takes it.

    The user's own project is left out: it runs from its folder.

    Raises:
        UsageError: the file cannot be read, or names what cannot be installed from here.
    """
    if requirements is None:
        return
    for each in read_used(requirements, python=python):
        if not each.own and each.source not in _HERE:
            yield canonicalize_name(each.name), _written(each, requirements.parent)


def _written(used: Used, folder: Path) -> str:
    extras = f"[{','.join(sorted(used.extras))}]" if used.extras else ""
    if not used.source:
        return f"{used.name}{extras}{f'=={used.version}' if used.version else used.specifier}"
    if _ADDRESS.match(used.source):
        return used.source if used.name == used.source else f"{used.name}{extras} @ {used.source}"
    if used.source != used.place and (folder / used.source).exists():
        return str((folder / used.source).resolve())
    raise UsageError(
        f"{used.source}: cannot be installed from here: {used.why}",
        hint="Write it as pip takes it, such as NAME @ git+https://…, or use the program's own environment.",
    )


def _row(library: str, python: str, wanted: Sequence[tuple[str, str]], beside: Sequence[str]) -> Row:
    name, _, version = library.partition("==")
    others = [each for other, each in wanted if other != canonicalize_name(name)]
    return Row(
        adapter=adapters().get(canonicalize_name(name), ""),
        name=name,
        distribution=name,
        version=version,
        python=python,
        requirements=(library, *others, *beside),
    )


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
