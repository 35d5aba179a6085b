"""Scenarios: how a simulated gateway may differ from an ordinary one, and what it is asked then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.errors import SelectionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a simulated gateway does unlike an ordinary one; the defaults are the ordinary.

    Args:
        byte_by_byte: every byte after the version reply is sent alone.
        early_notice: a notice comes before the version reply.
        split_version_reply: the version reply comes in two segments.
        never_sent: messages that never come.
        order_preset: an order that is placed is told, with 10349, that its time in force was set.
        read_only: requests about orders are refused.
        closes_on: the request at which the gateway ends the connection instead of answering.
        loses_connectivity_on: the request before whose answer the gateway tells of lost and restored connectivity.
    """

    byte_by_byte: bool = False
    early_notice: bool = False
    split_version_reply: bool = False
    never_sent: tuple[str, ...] = ()
    order_preset: bool = False
    read_only: bool = False
    closes_on: str | None = None
    loses_connectivity_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One table of ``scenarios.toml``."""

    name: str
    says: str
    checks: tuple[str, ...]
    behaviour: Behaviour


ORDINARY = Behaviour()


@cache
def load() -> Mapping[str, Scenario]:
    """Return all scenarios by name, in the order of the file."""
    tables = tomllib.loads((resources.files("harness.scenarios") / "scenarios.toml").read_text("utf-8"))
    return {
        name: Scenario(
            name=name,
            says=table["says"],
            checks=tuple(table["checks"]),
            behaviour=_behaviour(table.get("behaviour", {})),
        )
        for name, table in tables.items()
    }


def find(name: str) -> Scenario:
    """Return a scenario by name.

    Raises:
        SelectionError: there is none of that name.
    """
    if name not in load():
        raise SelectionError(f"no scenario is called {name!r}", hint=f"there are: {', '.join(load())}")
    return load()[name]


def _behaviour(table: Mapping[str, Any]) -> Behaviour:
    keys: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Behaviour(**keys)
