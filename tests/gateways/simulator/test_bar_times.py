"""How far back a duration goes, and which bars there are: by the hours of the exchange."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateways.simulator.bar_times import bar_times, since
from tests.gateways.simulator.worlds import CLOCKS, world

NEW_YORK = ZoneInfo("US/Eastern")
AAPL = world().listings[265598].session


def at(day: int, clock: str) -> float:
    """A moment of December 2026 by the clock of New York; the 4th is a Friday."""
    return dt.datetime.combine(dt.date(2026, 12, day), dt.time.fromisoformat(clock), NEW_YORK).timestamp()


def clock(when: float) -> str:
    return f"{dt.datetime.fromtimestamp(when, NEW_YORK):%d %H:%M}"


def begins(bar_size: str, first: float, last: float, *, liquid: bool = True) -> list[str]:
    return [clock(bar.begins) for bar in bar_times(AAPL, bar_size, first, last, liquid=liquid)]


def test_bars_of_an_hour_have_a_short_first_one() -> None:
    """Captured."""
    hours = ["04 09:30", "04 10:00", "04 11:00", "04 12:00", "04 13:00", "04 14:00", "04 15:00"]
    assert begins("1 hour", at(4, "00:00"), at(4, "23:00")) == hours


def test_every_minute_of_the_session_has_a_bar_and_no_other() -> None:
    assert len(begins("1 min", at(4, "00:00"), at(7, "00:00"))) == 390
    assert begins("1 min", at(5, "00:00"), at(7, "00:00")) == []


def test_the_last_bar_may_not_be_finished() -> None:
    last = list(bar_times(AAPL, "5 mins", at(4, "10:00"), at(4, "10:07"), liquid=True))[-1]
    assert (clock(last.begins), clock(last.ends)) == ("04 10:05", "04 10:10")


@pytest.mark.parametrize(
    ("bar_size", "days"),
    [
        ("1 day", [1, 2, 3, 4, 7, 8, 9, 10, 11]),
        ("1 week", [4, 11]),
        ("1W", [4, 11]),
        ("1 month", [11]),
    ],
)
def test_bars_of_days_have_dates(bar_size: str, days: list[int]) -> None:
    found = list(bar_times(AAPL, bar_size, at(1, "00:00"), at(11, "20:00"), liquid=True))
    assert [bar.day and bar.day.day for bar in found] == days


@pytest.mark.parametrize(
    ("duration", "last", "first"),
    [
        pytest.param("1800 S", at(4, "12:00"), "04 11:30", id="seconds"),
        pytest.param("1800 S", at(5, "12:00"), "04 15:30", id="seconds of trading, at a weekend"),
        pytest.param("7200 S", at(7, "10:30"), "04 15:00", id="seconds of trading, over a weekend"),
        pytest.param("1 D", at(4, "12:00"), "04 09:30", id="the day itself"),
        pytest.param("2 D", at(7, "12:00"), "04 09:30", id="two trading days"),
        pytest.param("1 D", at(6, "12:00"), "04 09:30", id="a day without trading"),
        pytest.param("1 W", at(11, "12:00"), "04 12:00", id="a week by the calendar"),
    ],
)
def test_a_duration_goes_back_by_trading_time_or_by_the_calendar(duration: str, last: float, first: str) -> None:
    assert clock(since(AAPL, duration, last, liquid=True)) == first


def test_months_and_years_go_back_by_the_calendar() -> None:
    back = {duration: since(AAPL, duration, at(4, "12:00"), liquid=True) for duration in ("1 M", "12 M", "1 Y")}
    assert dt.datetime.fromtimestamp(back["1 M"], dt.UTC).date() == dt.date(2026, 11, 4)
    assert dt.datetime.fromtimestamp(back["1 Y"], dt.UTC).date() == dt.date(2025, 12, 4)
    assert back["12 M"] == back["1 Y"]


def test_a_month_goes_back_to_the_same_day_or_to_the_last_that_there_is() -> None:
    """It once went back to the 28th from every later day."""
    last, months = at(31, "12:00"), ("1 M", "2 M", "10 M")
    back = [dt.datetime.fromtimestamp(since(AAPL, duration, last, liquid=True), dt.UTC).date() for duration in months]
    assert back == [dt.date(2026, 11, 30), dt.date(2026, 10, 31), dt.date(2026, 2, 28)]


SIZES = st.sampled_from(["1 min", "5 mins", "30 mins", "1 hour", "2 hours", "4 hours", "8 hours"])


@given(when=CLOCKS, seconds=st.floats(60, 5 * 86400), bar_size=SIZES, liquid=st.booleans())
def test_bars_follow_on_each_other_within_the_hours(
    when: float, seconds: float, bar_size: str, *, liquid: bool
) -> None:
    found = list(bar_times(AAPL, bar_size, when, when + seconds, liquid=liquid))
    assert all(when <= bar.begins < when + seconds and bar.begins < bar.ends for bar in found)
    assert all(earlier.ends <= later.begins for earlier, later in pairwise(found))
    assert all(AAPL.is_open(bar.begins, liquid=liquid) for bar in found)
