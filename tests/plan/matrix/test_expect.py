"""Expectations: which applies, and how a cell compares with it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from harness.checks.all import NAMES
from harness.plan.matrix.expect import (
    CONTACT,
    Expectation,
    ExpectRule,
    Verdict,
    Where,
    compare,
    compare_checks,
    compare_whole,
    expectations_for,
    rules_of,
    worst,
)
from harness.shared.status import Status

REVIEW = date(2027, 1, 31)


def expectation(*statuses: Status, rule: int = 1, checks: tuple[str, ...] = ()) -> Expectation:
    return Expectation(
        rule=rule, statuses=statuses, checks=checks, reason="known", link=None, since=date(2026, 1, 1), review=REVIEW
    )


def found(*rules: ExpectRule, version: str = "10.45.1", python: str = "3.11") -> list[int]:
    matches = expectations_for(rules, library="ibapi", version=version, python=python, gateway="gateway-10.45-paper")
    return [match.rule for match in matches]


@pytest.mark.parametrize(
    ("where", "applies"),
    [
        (Where(), True),
        (Where(libraries=("ibapi",)), True),
        (Where(libraries=("ib*",)), True),
        (Where(libraries=("ib_async", "ibapi")), True),
        (Where(libraries=("IBAPI",)), False),
        (Where(libraries=("api",)), False),
        (Where(gateways=("gateway-10.4*",)), True),
        (Where(gateways=("tws-*",)), False),
        (Where(versions=">=10.37,<10.47"), True),
        (Where(versions="<10.45"), False),
        (Where(python="<3.12"), True),
        (Where(python=">=3.14"), False),
        (Where(libraries=("ibapi",), gateways=("tws-*",)), False),
    ],
)
def test_a_rule_applies_where_all_of_its_keys_do(where: Where, applies: bool) -> None:  # noqa: FBT001 - a parameter
    assert found(ExpectRule(where=where, expectation=expectation(Status.FAIL))) == ([1] if applies else [])


def test_all_rules_that_speak_of_a_cell_are_found_in_the_files_order() -> None:
    rules = [
        ExpectRule(where=Where(versions="<1"), expectation=expectation(Status.FAIL, rule=1)),
        ExpectRule(where=Where(), expectation=expectation(Status.TIMEOUT, rule=2)),
        ExpectRule(where=Where(), expectation=expectation(Status.FAIL, rule=3)),
    ]

    assert found(*rules) == [2, 3]


def test_a_version_that_is_not_known_yet_is_in_no_range() -> None:
    rule = ExpectRule(where=Where(versions=">=0"), expectation=expectation(Status.FAIL))

    assert found(rule, version="latest") == []
    assert found(rule, version="10.0rc1") == [1], "a pre-release is a version"


def test_a_free_threaded_python_is_of_its_version() -> None:
    rule = ExpectRule(where=Where(python=">=3.14"), expectation=expectation(Status.FAIL))

    assert found(rule, python="3.14t") == [1]


_versions = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@settings(deadline=None)
@given(lower=_versions, upper=_versions, version=_versions)
def test_ranges_are_read_as_versions_and_not_as_text(lower: str, upper: str, version: str) -> None:
    rule = ExpectRule(where=Where(versions=f">={lower},<{upper}"), expectation=expectation(Status.FAIL))

    assert (found(rule, version=version) == [1]) == (Version(lower) <= Version(version) < Version(upper))


FAIL = expectation(Status.FAIL)
VARIES = expectation(Status.PASS, Status.TIMEOUT)


@pytest.mark.parametrize(
    ("status", "expected", "verdict"),
    [
        (Status.PASS, None, Verdict.AS_EXPECTED),
        (Status.SKIPPED, None, Verdict.AS_EXPECTED),
        (Status.UNSUPPORTED, None, Verdict.AS_EXPECTED),
        (Status.FAIL, None, Verdict.UNEXPECTED_FAIL),
        (Status.TIMEOUT, None, Verdict.UNEXPECTED_FAIL),
        (Status.DEGRADED, None, Verdict.UNEXPECTED_FAIL),
        (Status.FAIL, FAIL, Verdict.AS_EXPECTED),
        (Status.TIMEOUT, FAIL, Verdict.UNEXPECTED_FAIL),
        (Status.PASS, FAIL, Verdict.UNEXPECTED_PASS),
        (Status.UNSUPPORTED, FAIL, Verdict.UNEXPECTED_PASS),
        (Status.SKIPPED, FAIL, Verdict.AS_EXPECTED),
        (Status.PASS, VARIES, Verdict.AS_EXPECTED),
        (Status.TIMEOUT, VARIES, Verdict.AS_EXPECTED),
        (Status.FAIL, VARIES, Verdict.UNEXPECTED_FAIL),
        (Status.PASS, expectation(Status.UNSUPPORTED), Verdict.UNEXPECTED_PASS),
        (Status.UNSUPPORTED, expectation(Status.UNSUPPORTED), Verdict.AS_EXPECTED),
        (Status.UNSUPPORTED, expectation(Status.PASS), Verdict.UNEXPECTED_FAIL),
        (Status.ERROR, None, Verdict.UNEXPECTED_FAIL),
        (Status.ERROR, expectation(Status.ERROR), Verdict.UNEXPECTED_FAIL),
        (Status.NOT_RUN, expectation(Status.NOT_RUN), Verdict.UNEXPECTED_FAIL),
    ],
)
def test_how_a_status_compares_with_what_was_expected(
    status: Status, expected: Expectation | None, verdict: Verdict
) -> None:
    assert compare(status, expected) is verdict


DEGRADED_EXECUTIONS = expectation(Status.DEGRADED, rule=1, checks=("executions",))
FAIL_SOMEWHERE = expectation(Status.FAIL, rule=2)
FAIL_BOTH = expectation(Status.FAIL, rule=3, checks=("positions", "executions"))


def verdicts(*checks: tuple[str, Status], rules: tuple[Expectation, ...]) -> list[tuple[int | None, str]]:
    """Rule and verdict of each check, the rule for the whole cell last."""
    compared = compare_checks(checks, rules)
    whole = compare_whole(checks, rules)
    everything = [*compared, whole] if whole else compared
    return [(each.expectation.rule if each.expectation else None, each.verdict.value) for each in everything]


def test_a_rule_speaks_of_its_own_checks_and_of_no_other() -> None:
    checks = (("positions", Status.DEGRADED), ("executions", Status.DEGRADED), ("close", Status.PASS))

    assert verdicts(*checks, rules=(DEGRADED_EXECUTIONS,)) == [
        (None, "unexpected-fail"),
        (1, "as-expected"),
        (None, "as-expected"),
    ]


def test_for_each_check_the_first_rule_that_speaks_of_it_counts() -> None:
    checks = (("positions", Status.FAIL), ("executions", Status.DEGRADED))

    assert verdicts(*checks, rules=(DEGRADED_EXECUTIONS, FAIL_BOTH)) == [(3, "as-expected"), (1, "as-expected")]
    assert verdicts(*checks, rules=(FAIL_BOTH, DEGRADED_EXECUTIONS)) == [(3, "as-expected"), (3, "unexpected-fail")]


def test_a_rule_without_a_check_speaks_of_whichever_does_not_pass_first() -> None:
    checks = (("tcp", Status.PASS), ("positions", Status.FAIL), ("executions", Status.FAIL))

    assert verdicts(*checks, rules=(FAIL_SOMEWHERE,)) == [
        (None, "as-expected"),
        (2, "as-expected"),
        (None, "unexpected-fail"),
    ]


def test_what_cannot_be_asked_does_not_count_as_the_first_that_did_not_pass() -> None:
    checks = (("positions", Status.UNSUPPORTED), ("executions", Status.FAIL))

    assert verdicts(*checks, rules=(FAIL_SOMEWHERE,)) == [(None, "as-expected"), (2, "as-expected")]


def test_a_check_that_was_not_reached_violates_no_rule() -> None:
    assert verdicts(("tcp", Status.FAIL), rules=(FAIL_BOTH,)) == [(None, "unexpected-fail")]


def test_a_rule_without_a_check_is_violated_where_every_check_passes() -> None:
    checks = (("tcp", Status.PASS), ("positions", Status.UNSUPPORTED))

    assert verdicts(*checks, rules=(FAIL_SOMEWHERE,))[-1] == (2, "unexpected-pass")
    assert verdicts(*checks, rules=(VARIES, FAIL_SOMEWHERE))[-1] == (1, "as-expected"), "the first one counts"
    assert verdicts(*checks, rules=(expectation(Status.UNSUPPORTED),))[-1] == (1, "as-expected")


def test_the_worst_check_makes_the_cells_verdict() -> None:
    red, passing = ("positions", Status.TIMEOUT), ("positions", Status.PASS)
    known = ("executions", Status.DEGRADED)
    rules = (DEGRADED_EXECUTIONS, FAIL_BOTH)

    assert worst([]) is Verdict.AS_EXPECTED
    assert worst(compare_checks([known], rules)) is Verdict.AS_EXPECTED
    assert worst(compare_checks([passing, known], rules)) is Verdict.UNEXPECTED_PASS
    assert worst(compare_checks([passing, known, ("close", Status.FAIL)], rules)) is Verdict.UNEXPECTED_FAIL
    assert list(rules_of(compare_checks([red, known], rules))) == [1, 3]


def test_contact_is_proven_by_checks_that_exist() -> None:
    assert set(NAMES) > CONTACT


def test_an_expectation_is_overdue_from_the_day_after_its_review() -> None:
    assert not FAIL.overdue(REVIEW)
    assert FAIL.overdue(date(2027, 2, 1))
