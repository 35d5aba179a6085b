"""The time of a bar is the same record, whichever way a gateway writes it and a library reads it."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.records_market import bar_time

MOMENT = dt.datetime(2026, 11, 20, 14, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("day", ["20261120", dt.date(2026, 11, 20)], ids=repr)
def test_a_day_stays_a_day(day: object) -> None:
    assert bar_time(day) == "20261120"


@pytest.mark.parametrize("value", [str(int(MOMENT.timestamp())), MOMENT], ids=repr)
def test_a_moment_is_told_in_utc(value: object) -> None:
    assert bar_time(value) == "2026-11-20T14:30:00+00:00"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("20261120 08:30:00 US/Central", "20261120 08:30:00 US/Central"),
        (MOMENT.replace(tzinfo=None), "2026-11-20T14:30:00"),
        ("soon", "soon"),
    ],
    ids=repr,
)
def test_what_only_the_host_can_place_stays_as_it_came(value: object, told: str) -> None:
    assert bar_time(value) == told
