"""The tables of verdicts hold together: facts, words, faults and advice; and each of their rules can be met."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from importlib import resources
from string import Formatter
from typing import Any

import pytest
import tomllib
from hypothesis import given

from harness.diagnose.control import other_protocols
from harness.diagnose.verdict import Diagnosis, Sureness
from harness.diagnose.verdict_rules import Conditions, Rule, Setting, decide, load
from harness.shared.status import Fault
from tests.diagnose.facts import DOMAINS, any_facts
from tests.diagnose.reach import REACHED, facts
from tests.diagnose.words import words

TABLES = ("gateway", "cell")
PLACES = [
    Setting(product=product, system=system)
    for product, system in itertools.product((None, "gateway", "tws"), ("linux", "macos", "windows", ""))
]
BY_PLACE = {
    ("gateway", "trickles"): {"gateway", "network"},
}
"""Codes whose fault depends on where the gateway is: nothing lies between, or a network does."""


class _Braces(dict[str, str]):
    """Leaves every word in its braces, so that a verdict shows which rule it is of."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def decided(table: str, known: dict[str, Any], place: Setting = PLACES[0]) -> Diagnosis:
    return decide(table, known, _Braces(), place)


def rule_of(table: str, verdict: Diagnosis) -> Rule:
    return next(rule for rule in load(table) if (rule.code, rule.says) == (verdict.code, verdict.says))


def rules() -> list[Any]:
    return [
        pytest.param(table, rule, id=f"{table}-{number}-{rule.code}")
        for table in TABLES
        for number, rule in enumerate(load(table))
    ]


def conditions(rule: Rule) -> Iterator[Conditions]:
    yield rule.when
    yield from (step.when for step in rule.steps)


def texts(rule: Rule) -> list[str]:
    return [rule.title, rule.says, rule.decides or "", *(step.do for step in rule.steps)]


def sentences(table: str) -> dict[str, dict[str, str]]:
    read = (resources.files("harness.diagnose") / f"{table}-because.toml").read_text("utf-8")
    return tomllib.loads(read)


@pytest.mark.parametrize(("table", "rule"), rules())
def test_a_rule_asks_for_facts_that_there_are_and_values_that_they_can_have(table: str, rule: Rule) -> None:
    for when in conditions(rule):
        for fact, wanted in when.items():
            values = set(wanted) if isinstance(wanted, tuple) else {wanted}
            assert values
            assert values <= DOMAINS[table][fact], fact


@pytest.mark.parametrize("table", TABLES)
def test_a_sentence_is_of_a_fact_that_there_is_and_of_a_value_that_it_can_have(table: str) -> None:
    for fact, values in sentences(table).items():
        assert set(values) <= {str(value).lower() for value in DOMAINS[table][fact]}, fact


@pytest.mark.parametrize("table", TABLES)
def test_a_sentence_is_of_a_fact_that_some_rule_asks_for(table: str) -> None:
    wanted: dict[str, set[str]] = defaultdict(set)
    for rule in load(table):
        for fact, value in rule.when.items():
            wanted[fact] |= {str(each).lower() for each in (value if isinstance(value, tuple) else (value,))}
    for fact, values in sentences(table).items():
        assert set(values) <= wanted[fact], fact


@pytest.mark.parametrize(("table", "rule"), rules())
def test_every_word_in_braces_is_one_that_a_case_gives(table: str, rule: Rule) -> None:
    said = [*texts(rule), *(each for values in sentences(table).values() for each in values.values())]
    for known in words(table):
        for text in said:
            assert "{" not in text.format_map(known)


@pytest.mark.parametrize("table", TABLES)
def test_every_word_that_a_case_gives_stands_in_some_text(table: str) -> None:
    said = [text for rule in load(table) for text in texts(rule)]
    said += [each for values in sentences(table).values() for each in values.values()]
    used = {name for text in said for _, name, _, _ in Formatter().parse(text) if name}
    for known in words(table):
        assert set(known) == used


@pytest.mark.parametrize("table", TABLES)
def test_the_last_rule_fits_everything_and_no_other_does(table: str) -> None:
    *others, last = load(table)
    assert (last.code, last.when) == ("unknown", {})
    assert all(rule.when for rule in others)


@pytest.mark.parametrize("table", TABLES)
def test_a_code_has_one_fault(table: str) -> None:
    faults: dict[str, set[str | None]] = defaultdict(set)
    for rule in load(table):
        faults[rule.code].add(rule.fault)
    assert {code: each for code, each in faults.items() if len(each) > 1} == {
        code: each for (of, code), each in BY_PLACE.items() if of == table
    }


@pytest.mark.parametrize(("table", "rule"), rules())
def test_what_is_not_certain_says_what_would_decide(table: str, rule: Rule) -> None:
    assert (rule.decides is None) == (rule.sure is Sureness.CERTAIN), table


@pytest.mark.parametrize(("table", "rule"), rules())
def test_all_is_well_where_nobody_is_at_fault(table: str, rule: Rule) -> None:
    assert rule.usable or rule.fault is not None
    sure = Sureness.CERTAIN if rule.decides is None else Sureness.LIKELY
    assert rule.fault is not None or (rule.sure is sure and table == "gateway")


def test_a_gateways_verdict_names_neither_library_nor_packaging() -> None:
    assert {rule.fault for rule in load("gateway")} & {Fault.LIBRARY, Fault.PACKAGING} == set()


def test_every_protocol_that_is_recognised_has_a_verdict() -> None:
    rule = next(rule for rule in load("gateway") if rule.code == "speaks-something-else")
    assert rule.when["speaks"] == tuple(banner.name for banner in other_protocols.banners())


@pytest.mark.parametrize("table", TABLES)
def test_the_facts_of_every_rule_are_known(table: str) -> None:
    assert [code for code, _ in REACHED[table]] == [rule.code for rule in load(table)]


@pytest.mark.parametrize(
    ("table", "number"),
    [
        pytest.param(table, number, id=f"{table}-{number}-{code}")
        for table in TABLES
        for number, (code, _) in enumerate(REACHED[table])
    ],
)
class TestEachRule:
    def test_is_reached(self, table: str, number: int) -> None:
        known, rule = facts(table, REACHED[table][number][1]), load(table)[number]
        assert all(value in DOMAINS[table][fact] or rule.code == "unknown" for fact, value in known.items())
        verdict = decided(table, known)
        assert (verdict.code, verdict.says, verdict.fault) == (rule.code, rule.says, rule.fault)

    def test_gives_advice_that_can_be_followed_everywhere(self, table: str, number: int) -> None:
        for place in PLACES:
            verdict = decided(table, facts(table, REACHED[table][number][1]), place)
            assert verdict.next or verdict.fault is None, place
            assert not any("restart" in step.lower() for step in verdict.next[:1]), place
            if place.product == "gateway":
                assert not any("ActiveX" in step for step in verdict.next), "that box is in TWS only"

    def test_says_the_evidence_that_decided(self, table: str, number: int) -> None:
        known, rule = facts(table, REACHED[table][number][1]), load(table)[number]
        told = sentences(table)
        because = [told.get(fact, {}).get(str(known[fact]).lower()) for fact in rule.when]
        assert list(decided(table, known).because) == [each for each in because if each]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("product", ["gateway", "tws"])
def test_advice_names_the_settings_of_the_product(table: str, product: str) -> None:
    wrong = {"gateway": "Global Configuration", "tws": "Configure > Settings"}[product]
    for rule in load(table):
        for step in rule.steps:
            if step.product in {None, product}:
                assert wrong not in step.do, rule.code


@pytest.mark.parametrize("table", TABLES)
def test_a_step_is_of_a_product_and_a_system_that_there_are(table: str) -> None:
    for rule in load(table):
        assert {step.product for step in rule.steps} <= {None, "gateway", "tws"}
        systems = {step.system for step in rule.steps} - {None}
        assert systems <= {"linux", "macos", "windows"}


@given(any_facts("gateway"))
def test_what_nobody_saw_decides_nothing_about_a_gateway(known: dict[str, Any]) -> None:
    rule = rule_of("gateway", decided("gateway", known))
    assert all(known[fact] is not None for fact in rule.when)


@given(any_facts("cell"))
def test_what_nobody_saw_decides_nothing_about_a_cell(known: dict[str, Any]) -> None:
    rule = rule_of("cell", decided("cell", known))
    assert all(known[fact] is not None for fact in rule.when)


@given(any_facts("cell"))
def test_a_library_is_at_fault_only_where_the_control_passed(known: dict[str, Any]) -> None:
    if decided("cell", known).fault is Fault.LIBRARY:
        assert known["control"] == "passes"
