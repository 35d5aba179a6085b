"""Judges what a container's health check proves about a Gateway and what it does to it; the judgements are data.

The most common ones test whether the port is open, and that is what can wedge a Gateway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import tomllib
import yaml

from harness.shared.bounded_reading import parse_json, refuse_deep
from harness.shared.errors import InputError, UsageError


class Worth(StrEnum):
    """What a health check is worth."""

    GOOD = "good"
    BLIND = "blind"
    """It is green while nobody can connect."""
    HARMFUL = "harmful"
    """It may wedge the Gateway."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A health check and its value.

    Args:
        service: of the compose file, or the container's name.
        command: as it is run.
        judged: its value.
        says: why, in a sentence without its end.
    """

    service: str
    command: str
    judged: Worth
    says: str


_NOTHING_KNOWN = "what this does is not known; it is safe if it says a client's hello, or connects to nothing"


def judged_checks(text: str, name: str) -> tuple[Judged, ...]:
    """Judge every health check of a compose file, or of what ``docker inspect`` prints.

    Args:
        text: the file's content.
        name: what errors call it.

    Raises:
        UsageError: it is neither.
    """
    return tuple(_judge(service, command) for service, command in _commands(_read(text, name), name))


def _read(text: str, name: str) -> Any:
    try:
        return parse_json(text, name)
    except InputError:
        pass
    try:
        document = yaml.safe_load(text)
    except RecursionError:
        raise InputError(f"{name}: is nested too deeply") from None
    except yaml.YAMLError as problem:
        where = getattr(problem, "problem_mark", None)
        line = "" if where is None else f", line {where.line + 1}"
        raise UsageError(f"{name}{line} is not YAML", hint=_WHAT) from None
    refuse_deep(document, name)
    return document


_WHAT = "Give a compose file, or what `docker inspect CONTAINER` prints."


def _commands(said: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield service and command of each health check, except those that are switched off."""
    for service, check in _checks(said, name):
        test = check.get("test", check.get("Test")) if isinstance(check, Mapping) else None
        words = [test] if isinstance(test, str) else [str(word) for word in test or ()]
        if words and words[0] in {"CMD", "CMD-SHELL"}:
            words = words[1:]
        if words and words != ["NONE"] and not check.get("disable"):
            yield service, " ".join(words)


def _checks(said: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(said, Mapping) and isinstance(said.get("services"), Mapping):
        for service, table in said["services"].items():
            yield str(service), table.get("healthcheck") if isinstance(table, Mapping) else None
    elif isinstance(said, list) and all(isinstance(each, Mapping) and "Config" in each for each in said):
        for each in said:
            yield str(each.get("Name", "container")).lstrip("/"), (each["Config"] or {}).get("Healthcheck")
    else:
        raise UsageError(f"{name} contains neither services nor containers", hint=_WHAT)


def _judge(service: str, command: str) -> Judged:
    table = _table()
    found = next((each for each in table["check"] if re.search(each["pattern"], command)), None)
    if found is None:
        return Judged(service=service, command=command, judged=Worth.UNKNOWN, says=_NOTHING_KNOWN)
    judged, says = Worth(found["judged"]), str(found["says"])
    if judged is Worth.HARMFUL and re.search(table["forwarder"]["pattern"], command):
        says = f"{says}; and {table['forwarder']['says']}"
    return Judged(service=service, command=command, judged=judged, says=says)


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("harness.doctor") / "health_checks.toml").read_text("utf-8"))
