"""Which errors refuse which request, and what of it they name; ``warnings.toml`` has the codes and their sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.wire.message import Value

_SHOWN = 60
"""Most characters of a value that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One table of ``warnings.toml``; the file's head explains its keys."""

    code: int
    says: str
    requests: frozenset[str]
    unless: str | None

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Rule:
        """Read a table."""
        return cls(
            code=table["code"],
            says=table.get("says", "").lower(),
            requests=frozenset(table.get("requests", ())),
            unless=table.get("unless"),
        )

    def speaks_of(self, code: int, text: str) -> bool:
        """Tell whether an error is of this rule."""
        return code == self.code and self.says in text.lower()

    def is_of(self, request: str) -> bool:
        """Tell whether a request is of this rule, by its name."""
        return not self.requests or request in self.requests


@dataclass(frozen=True, slots=True)
class _Rules:
    notices: range
    invalid: frozenset[int]
    warns: tuple[Rule, ...]
    unnumbered: tuple[Rule, ...]


@cache
def _rules() -> _Rules:
    tables = tomllib.loads((resources.files("harness.diagnose") / "warnings.toml").read_text("utf-8"))
    return _Rules(
        range(tables["first"], tables["last"] + 1),
        frozenset(tables["invalid"]),
        tuple(map(Rule.of, tables["warns"])),
        tuple(map(Rule.of, tables["unnumbered"])),
    )


def only_warns(code: int, text: str, request: str, values: Mapping[str, Value]) -> bool:
    """Tell whether an error that bears the number of a request leaves it to be answered."""
    if code in _rules().notices:
        return True
    return any(
        rule.speaks_of(code, text) and rule.is_of(request) and not (rule.unless and values.get(rule.unless))
        for rule in _rules().warns
    )


def may_refuse_unnumbered(code: int, text: str, request: str) -> bool:
    """Tell whether an error with id -1 may refuse a request that has no number."""
    rule = next((rule for rule in _rules().unnumbered if rule.speaks_of(code, text)), None)
    return rule is not None and rule.is_of(request)


def is_invalid(code: int) -> bool:
    """Tell whether an error says that a request cannot be read, or that something in it is wrong."""
    return code in _rules().invalid


def as_sent(name: str, value: Value) -> str:
    """Return a field with what was sent in it."""
    return f"{name} = {value!r:.{_SHOWN}}"


def named(text: str, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the fields of a request that an error names, with what was sent in them, as ``bar_size = '4 mins'``.

    A Gateway names a field in words ("bar size"), or tells the value that it could not read.
    """
    said = " ".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()))
    found = [name for name in values if f" {name.replace('_', ' ')} " in f" {said} "]
    found += [name for name, value in values.items() if name not in found and _is_told(value, text)]
    whole = [name for name in found if not any(name != other and name in other.split("_") for other in found)]
    return tuple(as_sent(name, values[name]) for name in whole)


def _is_told(value: Value, text: str) -> bool:
    return isinstance(value, str) and len(value) > 1 and any(f"{mark}{value}{mark}" in text for mark in "'\"")
