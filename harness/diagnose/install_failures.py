"""Classifies why a library could not be installed (its release, the index, the network, this machine) or imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import tomllib

_NOT_REACHED = "index-not-reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause from ``installing.toml``; ``proves`` means that the release cannot be installed on any machine."""

    name: str
    proves: bool
    says: re.Pattern[str]


def why_not_installed(log: str) -> Cause | None:
    """Return the cause that an installer's message shows; ``None`` if the message is unknown and proves nothing."""
    return next((cause for cause in _causes() if cause.says.search(log)), None)


def not_reached(log: str) -> bool:
    """Return whether an installer says that it could not reach the package index."""
    cause = why_not_installed(log)
    return cause is not None and cause.name == _NOT_REACHED


@cache
def _causes() -> tuple[Cause, ...]:
    tables = tomllib.loads((resources.files("harness.diagnose") / "installing.toml").read_text("utf-8"))["why"]
    return tuple(
        Cause(name=each["name"], proves=each["proves"], says=re.compile(each["says"].replace("\\\n", "")))
        for each in tables
    )


def why_not_imported(reason: str) -> str | None:
    """Return why a library cannot be imported, by Python's message; ``None`` if that is unknown."""
    return next((name for name, pattern in _patterns() if pattern.search(reason)), None)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    tables = tomllib.loads((resources.files("harness.diagnose") / "packaging.toml").read_text("utf-8"))["why"]
    return tuple((table["name"], re.compile(table["says"])) for table in tables)
