"""Reads the tables of rules and finds the first rule whose facts match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.diagnose.verdict import Diagnosis, Sureness
from harness.shared.status import Fault

Value = str | bool
Conditions = Mapping[str, Value | tuple[Value, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A piece of advice; ``product`` and ``system`` say where it applies, ``when`` for which facts."""

    do: str
    product: str | None = None
    system: str | None = None
    when: Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One ``[[rule]]`` of a table; the file's head explains its keys."""

    code: str
    title: str
    when: Conditions
    fault: Fault | None
    sure: Sureness
    usable: bool
    says: str
    decides: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The circumstances in which the verdict is read.

    Args:
        product: ``gateway`` or ``tws``; ``None`` if unknown.
        system: ``linux``, ``macos`` or ``windows``.
    """

    product: str | None
    system: str


@cache
def load(table: str) -> tuple[Rule, ...]:
    """Return the rules of ``gateway.toml`` or ``cell.toml`` in their order."""
    text = (resources.files("harness.diagnose") / f"{table}.toml").read_text("utf-8")
    return tuple(_rule(rule) for rule in tomllib.loads(text)["rule"])


def decide(table: str, facts: Mapping[str, Value | None], words: Mapping[str, str], setting: Setting) -> Diagnosis:
    """Return the verdict of the first rule that fits; the last rule of each table fits everything.

    Args:
        table: ``gateway`` or ``cell``.
        facts: maps a fact to its value; ``None`` if it could not be seen, which matches no condition.
        words: the values of the words in braces.
        setting: the product and system for which advice is selected.
    """
    rule = next(rule for rule in load(table) if _fits(rule.when, facts))
    return Diagnosis(
        code=rule.code,
        title=rule.title.format_map(words),
        fault=rule.fault,
        sure=rule.sure,
        usable=rule.usable,
        says=rule.says.format_map(words),
        because=tuple(sentence.format_map(words) for sentence in _because(table, rule.when, facts)),
        decides=None if rule.decides is None else rule.decides.format_map(words),
        next=tuple(step.do.format_map(words) for step in rule.steps if _can_be_done(step, facts, setting)),
    )


def _rule(table: Mapping[str, Any]) -> Rule:
    return Rule(
        code=table["code"],
        title=table["title"],
        when=_conditions(table["when"]),
        fault=Fault(table["fault"]) if "fault" in table else None,
        sure=Sureness(table["sure"]),
        usable=table.get("usable", False),
        says=table["says"],
        decides=table.get("decides"),
        steps=tuple(_step(step) for step in table["next"]),
    )


def _step(table: Mapping[str, Any]) -> Step:
    return Step(
        do=table["do"],
        product=table.get("product"),
        system=table.get("system"),
        when=_conditions(table.get("when", {})),
    )


def _conditions(table: Mapping[str, Any]) -> Conditions:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _fits(conditions: Conditions, facts: Mapping[str, Value | None]) -> bool:
    return all(
        facts[key] in wanted if isinstance(wanted, tuple) else facts[key] == wanted
        for key, wanted in conditions.items()
    )


def _can_be_done(step: Step, facts: Mapping[str, Value | None], setting: Setting) -> bool:
    """Return whether a step exists in this product on this system; without a known product, those of both exist."""
    product = step.product is None or setting.product in {None, step.product}
    system = step.system is None or step.system == setting.system
    return product and system and _fits(step.when, facts)


@cache
def _sentences(table: str) -> Mapping[str, Mapping[str, str]]:
    text = (resources.files("harness.diagnose") / f"{table}-because.toml").read_text("utf-8")
    return {fact: dict(values) for fact, values in tomllib.loads(text).items()}


def _because(table: str, conditions: Conditions, facts: Mapping[str, Value | None]) -> list[str]:
    """Return a sentence for each fact that decided; facts without a text in the table have none."""
    sentences = _sentences(table)
    said = (sentences.get(key, {}).get(str(facts[key]).lower()) for key in conditions)
    return [sentence for sentence in said if sentence]
