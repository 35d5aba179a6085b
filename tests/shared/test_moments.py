"""A time is read as the same moment, however a gateway wrote it or a library handed it on."""

from __future__ import annotations

import datetime as dt

import pytest

from harness.shared.moments import moment

MOMENT = dt.datetime(2026, 8, 24, 14, tzinfo=dt.UTC)
TOKYO = dt.timezone(dt.timedelta(hours=9))


@pytest.mark.parametrize("local", [None, TOKYO])
@pytest.mark.parametrize(
    "text",
    [
        "20260824 10:00:00 US/Eastern",
        "20260824 10:00:00 America/New_York",
        "20260824 16:00:00 MET",
        "20260824 14:00:00 Universal",
        "20260824 14:00:00 UTC",
        "20260824-14:00:00",
        "2026-08-24T14:00:00+00:00",
        "2026-08-24T23:00:00+09:00",
    ],
)
def test_what_names_its_zone_is_a_moment_wherever_it_is_read(text: str, local: dt.tzinfo | None) -> None:
    assert moment(text, local) == MOMENT


@pytest.mark.parametrize("text", ["20260824  23:00:00", "20260824 23:00:00", "2026-08-24T23:00:00"])
def test_a_clock_without_a_zone_is_that_of_the_computer_on_which_the_library_runs(text: str) -> None:
    assert moment(text, TOKYO) == MOMENT
    assert moment(text) == dt.datetime(2026, 8, 24, 23).astimezone()


@pytest.mark.parametrize(
    "text", ["yesterday", "20261345 10:00:00", "20260824 10:00:00 Nowhere/Land", "20260824", "2026-08-24", ""]
)
def test_what_is_no_time_or_in_no_zone_is_no_moment(text: str) -> None:
    assert moment(text, TOKYO) is None
