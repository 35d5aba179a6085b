"""Replaces the personal fields of one message, wherever its layout has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

from harness.recordings.cleaning import amounts
from harness.recordings.cleaning.advisor_xml import clean_xml
from harness.recordings.cleaning.replacements import Replacements
from harness.recordings.cleaning.rules import Rule, Treatment

Raw = str | int | float
"""What a field holds: as text always text, as protobuf also a number."""


class UncleanableError(Exception):
    """A frame cannot be cleaned; the message says why, and quotes nothing of it."""


@dataclass(slots=True)
class Siblings:
    """What fields of one message, or of one item of a list, need of each other.

    Args:
        key: under which the message has a value of an account.
        held: by what the quantity beside was multiplied.
    """

    key: str = ""
    held: Fraction | None = None


@dataclass(slots=True)
class Slot:
    """A field to replace.

    Args:
        rule: how.
        value: what it holds; afterwards, what it is to hold.
        beside: the fields beside it.
    """

    rule: Rule
    value: Raw
    beside: Siblings = field(default_factory=Siblings)


def fill(slots: Iterable[Slot], given: Replacements) -> None:
    """Replace the values; first those that others quote or depend on.

    Raises:
        UncleanableError: one cannot be replaced.
    """
    late: list[Slot] = []
    for slot in slots:
        if slot.rule.is_late:
            late.append(slot)
        else:
            slot.value = _FILL[slot.rule.treatment](given, slot)
    for slot in late:
        slot.value = _FILL[slot.rule.treatment](given, slot)


def _name(given: Replacements, slot: Slot) -> Raw:
    return given.name(cast("str", slot.value), slot.rule.label, slot.rule.keep)


def _number(given: Replacements, slot: Slot) -> Raw:
    old = int(slot.value)
    new = int(given.number(str(abs(old)))) * (-1 if old < 0 else 1)
    if new == old:
        return slot.value
    return str(new) if isinstance(slot.value, str) else new


def _quantity(given: Replacements, slot: Slot) -> Raw:
    old = str(slot.value)
    new = given.amount(old)
    slot.beside.held = amounts.ratio(new, old)
    return new


def _times(value: Raw, factor: Fraction) -> Raw:
    return amounts.scaled(value, factor) if isinstance(value, str) else amounts.scaled_float(value, factor)


def _advisor_xml(given: Replacements, slot: Slot) -> Raw:
    try:
        return clean_xml(cast("str", slot.value), given)
    except ValueError:
        raise UncleanableError("its XML cannot be read") from None


def _each(replace: Callable[[Replacements, str], str]) -> Callable[[Replacements, Slot], Raw]:
    return lambda given, slot: replace(given, cast("str", slot.value))


_FILL: Mapping[Treatment, Callable[[Replacements, Slot], Raw]] = {
    Treatment.ACCOUNT: _each(Replacements.account),
    Treatment.ACCOUNTS: _each(Replacements.accounts),
    Treatment.NAME: _name,
    Treatment.HOST: _each(Replacements.host),
    Treatment.NUMBER: _number,
    Treatment.EXECUTION: _each(Replacements.execution),
    Treatment.TEXT: _each(Replacements.sentence),
    Treatment.STAYS: _each(Replacements.impersonal),
    Treatment.ADVISOR_XML: _advisor_xml,
    Treatment.ACCOUNT_VALUE: lambda given, slot: given.account_value(slot.beside.key, cast("str", slot.value)),
    Treatment.QUANTITY: _quantity,
    Treatment.HELD: lambda given, slot: _times(slot.value, slot.beside.held or given.factor),
    Treatment.AMOUNT: lambda given, slot: _times(slot.value, given.factor),
}
