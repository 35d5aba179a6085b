"""What counts as the truth, value by value."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from harness.checks.expected import HostClock, Instant, Since
from harness.results.answers.same import Asked, same, shown

ASKED = Asked(began=1000.0, ended=1001.5)
FROM_164 = Since(164, Decimal("0.01"))
NOON = Instant(datetime(2026, 11, 20, 17, tzinfo=UTC), "20261120 12:00:00 US/Eastern")


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("AAPL", "AAPL"),
        (7, 7),
        (None, None),
        (187.25, 187.25),
        (187.25, 187.25000000000003),
        (100.0, 100),
        (Decimal(100), "100"),
        (Decimal(100), "100.00"),
        (Decimal("20000.5"), "2.00005E4"),
        (("DU9000001",), ["DU9000001"]),
        (NOON, "2026-11-20T17:00:00+00:00"),
        (NOON, "2026-11-20T12:00:00-05:00"),
        (NOON, "20261120 12:00:00 US/Eastern"),
        (HostClock(), 998),
        (HostClock(), 1003.5),
    ],
    ids=repr,
)
def test_the_same(expected: Any, got: Any) -> None:
    assert same(expected, got, ASKED)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("AAPL", "aapl"),
        ("7", 7),
        (7, "7"),
        (7, 7.0),
        (1, True),
        (None, 0),
        (None, ""),
        ("", None),
        (187.25, 187.26),
        (187.25, "187.25"),
        (1.0, True),
        (0.5, float("nan")),
        (0.5, None),
        (Decimal(100), 100),
        (Decimal(100), "100.01"),
        (Decimal(100), "a hundred"),
        (Decimal(100), None),
        (("DU9000001",), ["DU9000001", ""]),
        (("DU9000001",), "DU9000001"),
        (NOON, "2026-11-20T12:00:00+00:00"),
        (NOON, "2026-11-20T17:00:00"),
        (NOON, "20261120 12:00:00"),
        (NOON, None),
        (HostClock(), 997),
        (HostClock(), 1004),
        (HostClock(), "1000"),
        (HostClock(), None),
    ],
    ids=repr,
)
def test_not_the_same(expected: Any, got: Any) -> None:
    assert not same(expected, got, ASKED)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (Decimal("1E+2"), "'100'"),
        (NOON, "'2026-11-20T17:00:00+00:00'"),
        (HostClock(), "1000 to 1002 by this computer's clock"),
        (("DU9000001",), "['DU9000001']"),
        (None, "None"),
    ],
    ids=repr,
)
def test_the_truth_is_shown_as_answers_are(expected: Any, text: str) -> None:
    assert shown(expected, ASKED) == text


@pytest.mark.parametrize(("version", "got"), [(163, None), (163, "7"), (164, "0.01"), (226, "0.010"), (None, "0.01")])
def test_a_field_may_be_anything_before_the_version_that_has_it(version: int | None, got: Any) -> None:
    assert same(FROM_164, got, Asked(began=1000.0, ended=1001.5, server_version=version))


@pytest.mark.parametrize(("version", "got"), [(164, "7"), (226, None), (None, None)])
def test_a_field_counts_from_the_version_that_has_it(version: int | None, got: Any) -> None:
    asked = Asked(began=1000.0, ended=1001.5, server_version=version)
    assert not same(FROM_164, got, asked)
    assert shown(FROM_164, asked) == "'0.01'"
