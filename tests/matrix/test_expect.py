"""Expectations: which applies, and how a cell compares with it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from harness.matrix.expect import Expectation, ExpectRule, Verdict, compare, expectation_for
from harness.matrix.where import Where
from harness.status import Status

REVIEW = date(2027, 1, 31)


def expectation(*statuses: Status, rule: int = 1, stage: str | None = None) -> Expectation:
    return Expectation(
        rule=rule, statuses=statuses, stage=stage, reason="known", link=None, since=date(2026, 1, 1), review=REVIEW
    )


def found(*rules: ExpectRule, version: str = "10.45.1", python: str = "3.11") -> int | None:
    match = expectation_for(rules, library="ibapi", version=version, python=python, gateway="gateway-10.45-paper")
    return match.rule if match else None


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
    assert found(ExpectRule(where=where, expectation=expectation(Status.FAIL))) == (1 if applies else None)


def test_the_first_rule_of_the_file_counts() -> None:
    rules = [
        ExpectRule(where=Where(versions="<1"), expectation=expectation(Status.FAIL, rule=1)),
        ExpectRule(where=Where(), expectation=expectation(Status.TIMEOUT, rule=2)),
        ExpectRule(where=Where(), expectation=expectation(Status.FAIL, rule=3)),
    ]

    assert found(*rules) == 2


def test_a_version_that_is_not_known_yet_is_in_no_range() -> None:
    rule = ExpectRule(where=Where(versions=">=0"), expectation=expectation(Status.FAIL))

    assert found(rule, version="latest") is None
    assert found(rule, version="10.0rc1") == 1, "a pre-release is a version"


def test_a_free_threaded_python_is_of_its_version() -> None:
    rule = ExpectRule(where=Where(python=">=3.14"), expectation=expectation(Status.FAIL))

    assert found(rule, python="3.14t") == 1


_versions = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@settings(deadline=None)
@given(lower=_versions, upper=_versions, version=_versions)
def test_ranges_are_read_as_versions_and_not_as_text(lower: str, upper: str, version: str) -> None:
    rule = ExpectRule(where=Where(versions=f">={lower},<{upper}"), expectation=expectation(Status.FAIL))

    assert (found(rule, version=version) == 1) == (Version(lower) <= Version(version) < Version(upper))


FAIL_AT_IMPORT = expectation(Status.FAIL, stage="import")
VARIES = expectation(Status.PASS, Status.TIMEOUT)


@pytest.mark.parametrize(
    ("status", "stage", "expected", "verdict"),
    [
        (Status.PASS, None, None, Verdict.AS_EXPECTED),
        (Status.SKIPPED, None, None, Verdict.AS_EXPECTED),
        (Status.UNSUPPORTED, "positions", None, Verdict.AS_EXPECTED),
        (Status.FAIL, "import", None, Verdict.UNEXPECTED_FAIL),
        (Status.TIMEOUT, "ready", None, Verdict.UNEXPECTED_FAIL),
        (Status.DEGRADED, "positions", None, Verdict.UNEXPECTED_FAIL),
        (Status.FAIL, "import", FAIL_AT_IMPORT, Verdict.AS_EXPECTED),
        (Status.FAIL, "tcp", FAIL_AT_IMPORT, Verdict.UNEXPECTED_FAIL),
        (Status.TIMEOUT, "import", FAIL_AT_IMPORT, Verdict.UNEXPECTED_FAIL),
        (Status.PASS, None, FAIL_AT_IMPORT, Verdict.UNEXPECTED_PASS),
        (Status.SKIPPED, None, FAIL_AT_IMPORT, Verdict.AS_EXPECTED),
        (Status.PASS, None, VARIES, Verdict.AS_EXPECTED),
        (Status.TIMEOUT, "ready", VARIES, Verdict.AS_EXPECTED),
        (Status.FAIL, "ready", VARIES, Verdict.UNEXPECTED_FAIL),
        (Status.ERROR, "tcp", None, Verdict.UNEXPECTED_FAIL),
        (Status.ERROR, "tcp", expectation(Status.ERROR), Verdict.UNEXPECTED_FAIL),
        (Status.NOT_RUN, None, expectation(Status.NOT_RUN), Verdict.UNEXPECTED_FAIL),
    ],
)
def test_how_a_cell_compares_with_what_was_expected(
    status: Status, stage: str | None, expected: Expectation | None, verdict: Verdict
) -> None:
    assert compare(status, stage, expected) is verdict


def test_a_stage_does_not_keep_an_allowed_pass_from_being_expected() -> None:
    assert compare(Status.PASS, None, expectation(Status.PASS, Status.FAIL, stage="ready")) is Verdict.AS_EXPECTED


def test_an_expectation_is_overdue_from_the_day_after_its_review() -> None:
    assert not FAIL_AT_IMPORT.overdue(REVIEW)
    assert FAIL_AT_IMPORT.overdue(date(2027, 2, 1))
