"""Reads what ``ib-compat try`` compares, and builds the environments that it needs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from harness.cli.planning import builder_in
from harness.gateways.simulator.gateway_profiles import Profile, find, load
from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.rows import Row, running_python
from harness.results.decide.libraries import adapters
from harness.results.decide.libraries_used import Used
from harness.results.decide.requirement_files import read_used
from harness.run.programs.trying import Side
from harness.shared.errors import UsageError

TODAY = "gateway-10.37"

_LIBRARY = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[A-Za-z0-9][\w.!+-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What was typed for one side.

    Args:
        gateway: the name of a gateway; empty if none was named.
        library: name and version of a library; empty if none was named.
    """

    gateway: str = ""
    library: str = ""


def words_of(option: str, typed: Sequence[str]) -> Words:
    """Tell gateways from libraries.

    Raises:
        UsageError: there are two of one kind.
    """
    libraries = [word for word in typed if _LIBRARY.fullmatch(word)]
    gateways = [word for word in typed if not _LIBRARY.fullmatch(word)]
    if len(libraries) > 1 or len(gateways) > 1:
        hint = "For example --today 10.37 --today ib_async==1.0.3 --then 10.51 --then ib_async==2.1.0."
        raise UsageError(f"{option} names two of a kind: {', '.join(typed)}", hint=hint)
    return Words(gateway="".join(gateways), library="".join(libraries))


def gateways_of(today: Words, then: Words) -> tuple[Profile, Profile]:
    """Return the gateways of both sides; if only libraries are compared, it is one.

    Raises:
        SelectionError: no gateway has that name.
        UsageError: both sides are the same.
    """
    newest = next(reversed([name for name, profile in load().items() if profile.product == "gateway"]))
    only_libraries = bool(today.library or then.library) and not then.gateway
    one = find(today.gateway or (newest if only_libraries else TODAY))
    other = one if only_libraries else find(then.gateway or newest)
    if one == other and today.library == then.library:
        raise UsageError(f"both sides are {one.name}", hint="Name two with --today and --then.")
    return one, other


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


def sides_of(today: Words, then: Words, profiles: tuple[Profile, Profile], tools: dict[str, Path]) -> tuple[Side, Side]:
    """Return both sides."""
    one, other = (
        Side(gateway=profile, library=words.library.replace("==", " "), tools=tools.get(words.library))
        for words, profile in zip((today, then), profiles, strict=True)
    )
    return one, other
