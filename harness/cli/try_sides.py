"""Reads what ``ib-compat try`` compares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from harness.doctor.gateway_found import is_address
from harness.doctor.subject import at_address
from harness.gateways.simulator.gateway_profiles import find, load
from harness.known.scenarios import find as find_scenario
from harness.recordings.archive import RecordingFile
from harness.recordings.recording import SUFFIX
from harness.run.programs.elsewhere import Elsewhere
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


def sides_of(words: Sequence[Words], tools: dict[str, Path], *, orders: bool = False) -> list[Side]:
    """Return the sides.

    Args:
        words: what was typed for each.
        tools: the folder of each library's commands.
        orders: whether orders may reach gateways that are not ours.

    Raises:
        SelectionError: no gateway has that name.
        ResultsError: there is no such recording.
        UsageError: another side is the same as that of today, or is of another kind: one's own gateway, a recording of
            it, and a simulated one never say the same.
    """
    sides = [
        replace(
            _gateway(each.gateway, orders=orders),
            library=each.library.replace("==", " "),
            tools=tools.get(each.library),
        )
        for each in words
    ]
    if sides[0] in sides[1:]:
        raise UsageError(f"both sides are {sides[0].called}", hint="Name two with --today and --then.")
    if len({type(side.gateway) for side in sides}) > 1:
        raise UsageError(
            "a gateway of your own, or a recording of it, holds something else than a simulated one, so whatever a"
            " program does otherwise would not be because of its version",
            hint="Name two of a kind; or one, and two versions of a library, with --today and --then.",
        )
    if len({side.gateway for side in sides if isinstance(side.gateway, Replay)}) > 1:
        raise UsageError(
            "two recordings hold different things, so what a program does otherwise would not be because of a version",
            hint="Name one, and two versions of a library, with --today and --then.",
        )
    return sides


def _gateway(word: str, *, orders: bool) -> Side:
    """Return the side of a gateway: of an address, a recording, a version, or a version that plays a scenario."""
    if is_address(word):
        subject = at_address(word)
        gateway = Elsewhere(host=subject.host, port=subject.port, client_id=subject.client_id, orders=orders)
        return Side(gateway=gateway)
    if word.endswith(SUFFIX):
        with RecordingFile(Path(word)):  # is it one?
            return Side(gateway=Replay(file=Path(word)))
    version, _, scenario = word.partition(":")
    return Side(gateway=find(version), scenario=find_scenario(scenario).name if scenario else None)
