"""Scenarios: how a simulated gateway may differ from an ordinary one, and what it is asked then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.errors import SelectionError
from harness.scenarios.behaviour import ANY, Behaviour, Door, Notice

__all__ = ["ANY", "ORDINARY", "Behaviour", "Door", "Notice", "Scenario", "find", "load", "played"]

ORDINARY = Behaviour()

_FILES = ("scenarios.toml", "faults.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One table of ``scenarios.toml`` or ``faults.toml``.

    ``checks`` are those that a cell is asked beside the ones always asked; none where it is what any gateway is asked.
    """

    name: str
    says: str
    checks: tuple[str, ...]
    behaviour: Behaviour


@cache
def load() -> Mapping[str, Scenario]:
    """Return all scenarios by name, in the order of the files."""
    folder = resources.files("harness.scenarios")
    files = [tomllib.loads((folder / file).read_text("utf-8")) for file in _FILES]
    return {name: _scenario(name, table) for tables in files for name, table in tables.items()}


def find(name: str) -> Scenario:
    """Return a scenario by name.

    Raises:
        SelectionError: there is none of that name.
    """
    if name not in load():
        raise SelectionError(f"no scenario is called {name!r}", hint=f"there are: {', '.join(load())}")
    return load()[name]


def played(scenario: str | None, behaviour: Behaviour = ORDINARY) -> Behaviour:
    """Return what a gateway does that plays a scenario, with the keys that ``behaviour`` sets laid over the scenario's.

    Raises:
        SelectionError: there is no such scenario.
    """
    return (find(scenario).behaviour if scenario else ORDINARY).under(behaviour)


def _scenario(name: str, table: Mapping[str, Any]) -> Scenario:
    checks = tuple(table.get("checks", ()))
    return Scenario(name=name, says=table["says"], checks=checks, behaviour=Behaviour(**table.get("behaviour", {})))
