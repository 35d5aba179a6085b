"""The time of a bar is the same record, whichever way a gateway writes it and a library reads it."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.records_history import bar_time

MOMENT = dt.datetime(2026, 11, 20, 14, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("day", ["20261120", dt.date(2026, 11, 20)], ids=repr)
def test_a_day_stays_a_day(day: object) -> None:
    assert bar_time(day) == "20261120"


@pytest.mark.parametrize(
    "value",
    [
        "20261120 08:30:00 US/Central",
        f"{MOMENT.astimezone():%Y%m%d  %H:%M:%S}",
        str(int(MOMENT.timestamp())),
        MOMENT,
        MOMENT.astimezone().replace(tzinfo=None),
    ],
    ids=repr,
)
def test_a_moment_is_told_in_utc(value: object) -> None:
    assert bar_time(value) == "2026-11-20T14:30:00+00:00"


def test_what_is_no_time_stays_as_it_came() -> None:
    assert bar_time("soon") == "soon"
