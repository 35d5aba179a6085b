"""Reads what ``ib-compat try`` compares, and builds the environments that it needs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from packaging.utils import canonicalize_name

from harness.cli.planning import builder_in
from harness.gateways.simulator.gateway_profiles import find, load
from harness.known.scenarios import find as find_scenario
from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.rows import Row, running_python
from harness.recordings.archive import RecordingFile
from harness.recordings.recording import SUFFIX
from harness.results.decide.libraries import adapters
from harness.results.decide.libraries_used import Used
from harness.results.decide.requirement_files import read_used
from harness.run.programs.trying import Replay, Side
from harness.shared.errors import UsageError

TODAY = "gateway-10.37"

_LIBRARY = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[A-Za-z0-9][\w.!+-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What was typed for one side.

    Args:
        gateway: the name of a gateway, or a recording; empty if none was named.
        library: name and version of a library; empty if none was named.
    """

    gateway: str = ""
    library: str = ""


def words_of(today: Sequence[str], then: Sequence[str]) -> tuple[Words, ...]:
    """Return what each side has, that of today first. The others are all libraries with all gateways.

    Raises:
        UsageError: today has two of a kind, or a library is on one side only.
    """
    libraries, gateways = _told_apart(today)
    if len(libraries) > 1 or len(gateways) > 1:
        hint = "For example --today 10.37 --today ib_async==1.0.3 --then 10.51 --then ib_async==2.1.0."
        raise UsageError(f"--today names two of a kind: {', '.join(today)}", hint=hint)
    others = _told_apart(then)
    if bool(libraries) != bool(others[0]):
        hint = "Name the library on both sides, as in --today ib_async==1.0.3 --then ib_async==2.1.0."
        raise UsageError("only one side names a library", hint=hint)
    newest = next(reversed([name for name, profile in load().items() if profile.product == "gateway"]))
    at = gateways[0] if gateways else newest if libraries and not others[1] else TODAY
    first = Words(gateway=at, library="".join(libraries))
    found = product(others[1] or [at if libraries else newest], others[0] or [""])
    return first, *(Words(gateway=gateway, library=library) for gateway, library in found)


def _told_apart(typed: Sequence[str]) -> tuple[list[str], list[str]]:
    libraries = [word for word in typed if _LIBRARY.fullmatch(word)]
    return libraries, [word for word in typed if word not in libraries]


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


def _row(library: str, python: str, used: Sequence[Used], beside: Sequence[str]) -> Row:
    name, _, version = library.partition("==")
    others = [str(each).replace(" ", "==") for each in used if not each.source and not each.own]
    others = [each for each in others if _named(each) != canonicalize_name(name)]
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


def tools_of(rows: Sequence[Row], environments: Path, tell: Callable[[int, int, Row | None], None]) -> dict[str, Path]:
    """Build what is missing; return the folder of each library's commands.

    Raises:
        UsageError: an environment could not be built.
    """
    asyncio.run(builder_in(environments).build(rows, tell))
    there = find_environments(environments, rows)
    found = {}
    for row in rows:
        known = there[row.id]
        if not known.installed or known.python is None:
            why = " ".join(known.log.split()) or f"there is no Python {row.python} on this machine"
            raise UsageError(f"{', '.join(row.requirements)}: cannot be installed: {why}")
        found[row.library] = known.python.absolute().parent
    return found


def sides_of(words: Sequence[Words], tools: dict[str, Path]) -> list[Side]:
    """Return the sides.

    Raises:
        SelectionError: no gateway has that name.
        ResultsError: there is no such recording.
        UsageError: another side is the same as that of today.
    """
    sides = [
        replace(_gateway(each.gateway), library=each.library.replace("==", " "), tools=tools.get(each.library))
        for each in words
    ]
    if sides[0] in sides[1:]:
        raise UsageError(f"both sides are {sides[0].called}", hint="Name two with --today and --then.")
    return sides


def _gateway(word: str) -> Side:
    """Return the side of a gateway: of a recording, of a version, or of a version that plays a scenario."""
    if word.endswith(SUFFIX):
        with RecordingFile(Path(word)):  # is it one?
            return Side(gateway=Replay(file=Path(word)))
    version, _, scenario = word.partition(":")
    return Side(gateway=find(version), scenario=find_scenario(scenario).name if scenario else None)
