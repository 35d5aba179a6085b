"""Defines scenarios: how a simulated gateway differs from an ordinary one, and which checks it is asked then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.known.scenarios.behaviour import ANY, ANY_MACHINE, Behaviour, Door, Machine, Notice, TimeZone, TimeZones
from harness.shared.errors import SelectionError, did_you_mean

__all__ = [
    "ANY",
    "ANY_MACHINE",
    "ORDINARY",
    "Behaviour",
    "Door",
    "Machine",
    "Notice",
    "Scenario",
    "TimeZone",
    "TimeZones",
    "find",
    "load",
    "machine_of",
    "played",
]

ORDINARY = Behaviour()

HEALTHY = "healthy"
"""The verdict of whatever differs only in what comes after what libraries ask when they connect."""

_FILES = ("scenarios.toml", "faults.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One table of ``scenarios.toml`` or ``faults.toml``.

    ``checks`` are asked in addition to the ones that are always asked; none if it gets the ordinary ones.
    ``machine`` is what it claims about the machine that it runs on; ``verdict`` the code of the verdict that it must
    get.
    """

    name: str
    says: str
    checks: tuple[str, ...]
    behaviour: Behaviour
    machine: Machine = ANY_MACHINE
    verdict: str


@cache
def load() -> Mapping[str, Scenario]:
    """Return all scenarios by name, in the order of the files."""
    folder = resources.files("harness.known.scenarios")
    files = [tomllib.loads((folder / file).read_text("utf-8")) for file in _FILES]
    return {name: _scenario(name, table) for tables in files for name, table in tables.items()}


def find(name: str) -> Scenario:
    """Return a scenario by name.

    Raises:
        SelectionError: there is none with that name.
    """
    if name not in load():
        known = did_you_mean(name, load())
        raise SelectionError(f"no scenario is called {name!r}{known}", hint="ib-compat scenarios lists them.")
    return load()[name]


def played(scenario: str | None, behaviour: Behaviour = ORDINARY) -> Behaviour:
    """Return what a gateway does that plays a scenario, with the keys that ``behaviour`` sets laid over the scenario's.

    Raises:
        SelectionError: there is no such scenario.
    """
    return (find(scenario).behaviour if scenario else ORDINARY).under(behaviour)


def machine_of(scenario: str | None, machine: Machine = ANY_MACHINE) -> Machine:
    """Return the machine that a scenario plays, with the keys that ``machine`` sets laid over the scenario's.

    Raises:
        SelectionError: there is no such scenario.
    """
    return (find(scenario).machine if scenario else ANY_MACHINE).under(machine)


def _scenario(name: str, table: Mapping[str, Any]) -> Scenario:
    return Scenario(
        name=name,
        says=table["says"],
        checks=tuple(table.get("checks", ())),
        behaviour=Behaviour(**table.get("behaviour", {})),
        machine=Machine(**table.get("machine", {})),
        verdict=table.get("verdict", HEALTHY),
    )
