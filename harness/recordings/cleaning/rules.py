"""Reads ``personal.toml``: which fields of a message are personal, and how each is replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.wire.catalogue import Field, Kind

KEYS = frozenset({"key", "tag"})
"""Fields that say what the account's value beside them is."""


class Treatment(StrEnum):
    """How a field is replaced; the words of ``personal.toml``."""

    ACCOUNT = "account"
    ACCOUNTS = "accounts"
    NAME = "name"
    HOST = "host"
    NUMBER = "number"
    EXECUTION = "execution"
    TEXT = "text"
    ADVISOR_XML = "advisor_xml"
    ACCOUNT_VALUE = "account_value"
    QUANTITY = "quantity"
    HELD = "held"
    AMOUNT = "amount"
    STAYS = "stays"
    """It is impersonal, so it stays; but for what looks like an account or an address in it."""


LATE = frozenset({Treatment.TEXT, Treatment.STAYS, Treatment.ACCOUNT_VALUE, Treatment.HELD})
"""What is replaced after the rest of a message: it depends on another field, or quotes it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is replaced.

    Args:
        treatment: the kind of replacement.
        label: for a name, what comes before its number.
        keep: for a name, what stays.
        impersonal: the class of a field that stays.
    """

    treatment: Treatment
    label: str = ""
    keep: frozenset[str] = frozenset()
    impersonal: str = ""

    @property
    def is_late(self) -> bool:
        """Whether it is replaced after the rest of the message."""
        return self.treatment in LATE


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules.

    Args:
        by_field: by a field's name, ``message.field`` or ``message.list.field``.
        account_keys: keys of account values that name an account.
        kept_keys: keys of account values that stay.
        amount_words: words after which a sentence has an amount.
        currencies: the codes of currencies.
        of_any_machine: names of machines and users that tell nothing.
    """

    by_field: Mapping[str, Rule]
    account_keys: frozenset[str]
    kept_keys: frozenset[str]
    amount_words: tuple[str, ...]
    currencies: tuple[str, ...]
    of_any_machine: frozenset[str]

    def of(self, where: str) -> Rule | None:
        """Return the rule of a field, given as ``message.field`` or ``message.list.field``; ``None`` without one."""
        return self.by_field.get(where) or self.by_field.get(where.rpartition(".")[2])


@cache
def rules() -> Rules:
    """Return the rules that come with the package; read once."""
    text = (resources.files("harness.recordings.cleaning") / "personal.toml").read_text("utf-8")
    table = tomllib.loads(text)
    named = [*_personal(table["personal"]), *_impersonal(table["impersonal"])]
    by_field = dict(named)
    if len(by_field) != len(named):
        raise ValueError("personal.toml names a field twice")
    return Rules(
        by_field=by_field,
        account_keys=frozenset(table["account_values"]["accounts"]),
        kept_keys=frozenset(table["account_values"]["kept"]),
        amount_words=tuple(table["amounts"]["words"]),
        currencies=tuple(table["amounts"]["currencies"]),
        of_any_machine=frozenset(table["machines"]["any"]),
    )


def field_rule(place: str, field: Field) -> Rule | None:
    """Return how a field is replaced; ``None`` if nothing personal can be in it.

    Raises:
        KeyError: nobody said whether the field is personal.
    """
    if field.const is not None or field.kind in {Kind.LIST, Kind.BOOL}:
        return None
    rule = rules().of(place)
    if rule is None:
        raise KeyError(f"personal.toml does not name {place}")
    return None if rule.treatment is Treatment.STAYS and field.kind is not Kind.STR else rule


def _personal(tables: list[Mapping[str, Any]]) -> Iterator[tuple[str, Rule]]:
    for table in tables:
        rule = Rule(Treatment(table["kind"]), table.get("label", ""), frozenset(table.get("keep", ())))
        yield from ((field, rule) for field in table["fields"])


def _impersonal(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Rule]]:
    for name, table in tables.items():
        rule = Rule(Treatment.STAYS, impersonal=name)
        yield from ((field, rule) for field in table["fields"])
