"""Holidays and half days of New York, as the exchange has published them, and what they do to hours and expirations."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from harness.gateways.simulator.holidays import NEW_YORK, closes_early, is_shut
from harness.gateways.simulator.world.expiries import LAST_DAYS, ends_on, expirations, third_friday
from tests.gateways.simulator.worlds import world

SHUT = {
    2025: "01-01 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
    2028: "01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25",
}
EARLY = {2025: "07-03 11-28 12-24", 2026: "11-27 12-24", 2027: "11-26", 2028: "07-03 11-24"}
"""As the New York Stock Exchange has published them."""
AAPL, SPX = 265598, 416904


def days_of(year: int) -> list[dt.date]:
    return [dt.date(year, 1, 1) + dt.timedelta(days=number) for number in range(365)]


@pytest.mark.parametrize("year", SHUT)
def test_the_days_are_those_that_the_exchange_has_published(year: int) -> None:
    assert " ".join(f"{day:%m-%d}" for day in days_of(year) if is_shut(NEW_YORK, day)) == SHUT[year]
    assert " ".join(f"{day:%m-%d}" for day in days_of(year) if closes_early(NEW_YORK, day)) == EARLY[year]


def told(con_id: int, *, liquid: bool) -> list[str]:
    """The hours from the Wednesday before Thanksgiving on, up to Saturday."""
    wednesday = dt.datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("US/Eastern")).timestamp()
    return world().listings[con_id].session.hours(wednesday, liquid=liquid).split(";")[:4]


def test_a_holiday_is_closed_and_a_half_day_ends_early() -> None:
    assert told(AAPL, liquid=True) == [
        *("20261125:0930-20261125:1600", "20261126:CLOSED", "20261127:0930-20261127:1300", "20261128:CLOSED")
    ]
    assert told(AAPL, liquid=False)[1:3] == ["20261126:CLOSED", "20261127:0400-20261127:1700"]
    assert told(SPX, liquid=False)[1:3] == ["20261126:CLOSED", "20261127:0930-20261127:1300"]


def test_other_exchanges_have_no_holidays() -> None:
    session = next(one.session for one in world().lasting.values() if one.details["symbol"] == "7203")
    assert "CLOSED" not in session.hours(dt.datetime(2026, 11, 26, tzinfo=ZoneInfo("Japan")).timestamp())[:30]


def test_options_end_on_the_business_day_before_a_holiday() -> None:
    assert third_friday((2025, 4)) == dt.date(2025, 4, 17)
    assert third_friday((2026, 6)) == dt.date(2026, 6, 18)
    weekly = expirations({"weekly": 2}, dt.date(2026, 4, 1))
    assert weekly == (dt.date(2026, 4, 2), dt.date(2026, 4, 10))
    assert dt.date(2026, 11, 26) not in expirations({"daily": 5}, dt.date(2026, 11, 24))
    assert expirations({"weekly": 1}, dt.date(2026, 4, 3)) == (dt.date(2026, 4, 10),)


def test_options_of_january_end_in_this_year_or_the_next_ones() -> None:
    """They are listed far ahead, where no other series is."""
    assert expirations({"january": 2}, dt.date(2026, 12, 4)) == (dt.date(2027, 1, 15), dt.date(2028, 1, 21))
    assert expirations({"january": 1}, dt.date(2027, 1, 15)) == (dt.date(2027, 1, 15),)


@pytest.mark.parametrize(("trading_class", "last"), [("AAPL", "13:00:00"), ("SPY", "13:15:00"), ("SPXW", "12:15:00")])
def test_an_option_that_ends_on_a_half_day_ends_with_its_hours(trading_class: str, last: str) -> None:
    (chain,) = (chain for chain in world().chains if chain.table.trading_class == trading_class)
    half_day, day_before = dt.date(2026, 11, 27), dt.date(2026, 11, 25)
    told = str(chain.listing(half_day, chain.strikes[0], "C").details["last_trade"])
    assert told.split()[:2] == ["20261127", last]
    zone = ZoneInfo(told.split()[2])
    assert dt.datetime.fromtimestamp(chain.expires(half_day), zone).time().isoformat() == last
    assert dt.datetime.fromtimestamp(chain.expires(day_before), zone).time().isoformat() == chain.table.last_time


@pytest.mark.parametrize(("year", "last"), [(2030, 18), (2041, 18), (2047, 18), (2029, 20)])
def test_what_is_on_volatility_ends_before_a_holiday(year: int, last: int) -> None:
    assert LAST_DAYS["volatility"]((year, 6)) == dt.date(year, 6, last)
    assert [day for day in range(10, 25) if ends_on({"volatility": 1}, dt.date(year, 6, day))] == [last]


def test_what_ends_on_the_eve_of_its_day_ends_on_no_holiday() -> None:
    """On 20 June 2029, a Wednesday, options on volatility expire; Tuesday is a holiday."""
    (chain,) = (chain for chain in world().chains if chain.table.trading_class == "VIX")
    assert chain.last_day(dt.date(2029, 6, 20)) == dt.date(2029, 6, 18)
