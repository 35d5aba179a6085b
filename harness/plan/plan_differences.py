"""What has changed between two plans that should be the same."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.plan.plan_model import Plan

_NAMED = 3
"""Differences of a kind that are named; the rest are counted."""


def differences(was: Plan, now: Plan) -> list[str]:
    """A phrase for each thing that is not as it was; none where the plans are the same."""
    if was == now:
        return []
    found: list[str] = []
    if was.sha256 != now.sha256:
        found.append(f"{now.matrix.as_posix()} was changed")
    found += _shown("row", {each.id: each for each in was.rows}, {each.id: each for each in now.rows})
    found += _shown("gateway", {each.name: each for each in was.gateways}, {each.name: each for each in now.gateways})
    if not found:
        found += _shown("cell", {each.id: each for each in was.cells}, {each.id: each for each in now.cells})
    settings = [each.name for each in fields(was) if each.name not in {"cells", "absent", "rules", "matrix", "sha256"}]
    found += [name for name in settings if getattr(was, name) != getattr(now, name)]
    return found or ["the cells that it leaves out, or what it expects"]


def _shown(what: str, was: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    phrases = list(_phrases(what, was, now))
    more = len(phrases) - _NAMED
    return [*phrases[:_NAMED], *([f"{more} more"] if more > 0 else [])]


def _phrases(what: str, was: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    for name in {**was, **now}:
        if name not in now:
            yield f"{what} {name} is gone"
        elif name not in was:
            yield f"{what} {name} is new"
        elif was[name] != now[name]:
            differ = [each.name for each in fields(was[name]) if _other(was[name], now[name], each.name)]  # type: ignore[arg-type]
            yield f"{what} {name} has another {', '.join(differ)}"


def _other(was: object, now: object, name: str) -> bool:
    return bool(getattr(was, name) != getattr(now, name))
