"""No field of the catalogue reaches a recording unless somebody said whether it is personal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from harness.recordings.cleaning.rules import KEYS, Rule, Treatment, rules
from harness.wire.catalogue import Field, Kind, catalogue

NUMBERS = {Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DECIMAL, Kind.NUMBER}
OF_KIND = {
    Treatment.NUMBER: {Kind.LONG},
    Treatment.QUANTITY: {Kind.DECIMAL},
    Treatment.HELD: {Kind.FLOAT},
    Treatment.AMOUNT: {Kind.FLOAT},
    Treatment.STAYS: {Kind.STR, *NUMBERS},
}
"""Which kinds of fields a replacement can be made for; the others are for text."""


def leaves(fields: Sequence[Field], where: str) -> Iterator[tuple[str, Field]]:
    for field in fields:
        place = f"{where}.{field.name}"
        if field.kind is Kind.LIST:
            yield from leaves(field.items, place)
        elif field.const is None and field.kind is not Kind.BOOL:
            yield place, field


FIELDS = list(
    {place: leaf for name, kind in catalogue().by_name.items() for place, leaf in leaves(kind.fields, name)}.items()
)


def rule_of(place: str) -> Rule:
    rule = rules().of(place)
    assert rule is not None, f"personal.toml does not say whether {place} is personal"
    return rule


def test_every_text_and_every_number_is_personal_or_impersonal() -> None:
    for place, field in FIELDS:
        rule = rule_of(place)
        assert field.kind in OF_KIND.get(rule.treatment, {Kind.STR}), place
        assert bool(rule.label) == (rule.treatment is Treatment.NAME), place
        assert bool(rule.impersonal) == (rule.treatment is Treatment.STAYS), place


def test_nothing_is_named_that_no_message_has() -> None:
    named = set(rules().by_field)
    places = {place for place, _ in FIELDS}
    used = {place if place in named else place.rpartition(".")[2] for place in places}
    assert named - used == set()


@pytest.mark.parametrize("name", ["account_value", "account_summary", "account_update_multi"])
def test_the_values_of_an_account_have_a_key_beside_them(name: str) -> None:
    assert rule_of(f"{name}.value").treatment is Treatment.ACCOUNT_VALUE
    assert len(KEYS & {field.name for field in catalogue().by_name[name].fields}) == 1


@pytest.mark.parametrize("name", ["portfolio_value", "pnl_single"])
def test_what_is_held_has_its_quantity_beside_it(name: str) -> None:
    treatments = [rule_of(place).treatment for place, _ in FIELDS if place.startswith(f"{name}.")]
    assert treatments.count(Treatment.QUANTITY) == 1
    assert Treatment.HELD in treatments


def test_no_list_of_bare_values_is_replaced_as_numbers() -> None:
    """Packed numbers are not looked into."""
    for place, field in FIELDS:
        if not field.path and field.kind in NUMBERS:
            assert rule_of(place).treatment in {Treatment.STAYS, Treatment.QUANTITY}
