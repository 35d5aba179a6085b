"""When instruments trade: spans, moments and the text of contract details agree, whatever the clocks do."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateways.simulator.sessions import Session, Span, rule
from harness.gateways.simulator.truth import load
from tests.gateways.simulator.worlds import CLOCKS, world

SESSIONS = {listing.session for listing in world().lasting.values()} | {
    world().listings[future.con_id((2030, 12))].session for future in world().futures if 12 in future._codes
}
ANY = st.sampled_from(sorted(SESSIONS, key=repr))
DAY = 86400.0


def at(text: str, zone: str) -> float:
    return dt.datetime.strptime(text, "%Y%m%d:%H%M").replace(tzinfo=ZoneInfo(zone)).timestamp()


def parsed(hours: str, zone: str) -> list[tuple[float, float]]:
    """The spans that a text of hours tells of."""
    open_days = [entry.split("-") for entry in hours.split(";") if not entry.endswith(":CLOSED")]
    return [(at(begins, zone), at(ends, zone)) for begins, ends in open_days]


def of(*trading: str, zone: str = "US/Eastern", liquid: str = "mon-fri 09:30-16:00") -> Session:
    return Session(zone, tuple(map(rule, trading)), (rule(liquid),))


@given(ANY, CLOCKS, st.booleans())
def test_the_hours_that_are_told_are_the_spans(session: Session, now: float, liquid: bool) -> None:  # noqa: FBT001
    told = parsed(session.hours(now, liquid=liquid), session.zone)
    first = session.day(now)
    days = [first + dt.timedelta(days=number) for number in range(6)]
    spans = session.spans(now - 3 * DAY, now + 9 * DAY, liquid=liquid)
    assert told == [(span.begins, span.ends) for span in spans if span.day in days]
    assert len(told) >= 3


@given(ANY, CLOCKS, st.booleans())
def test_there_is_trading_where_a_span_is_and_nowhere_else(session: Session, now: float, liquid: bool) -> None:  # noqa: FBT001
    inside = any(span.begins <= now < span.ends for span in session.spans(now, now + 1, liquid=liquid))
    assert session.is_open(now, liquid=liquid) == inside


@given(ANY, CLOCKS, st.booleans())
def test_spans_come_in_order_and_do_not_overlap(session: Session, now: float, liquid: bool) -> None:  # noqa: FBT001
    spans = list(session.spans(now, now + 30 * DAY, liquid=liquid))
    assert all(span.begins < span.ends for span in spans)
    assert all(one.ends <= other.begins for one, other in pairwise(spans))
    for span in spans:
        assert session.is_open(span.begins, liquid=liquid)
        assert session.is_open(span.ends - 1, liquid=liquid)


@given(ANY, CLOCKS)
def test_liquid_hours_are_hours_of_trading(session: Session, now: float) -> None:
    for span in session.spans(now, now + 8 * DAY, liquid=True):
        assert session.is_open(span.begins)
        assert session.is_open(span.ends - 1)


@pytest.mark.parametrize("symbol", ["AAPL", "MC", "ESZ6", "EUR.USD"])
def test_hours_have_the_shape_that_was_captured(symbol: str) -> None:
    """The built-in truth tells of four days from Friday on, of which the world tells of six."""
    still = next(row for row in load("paper").contract_details if row["local_symbol"] == symbol)
    kinds = {"AAPL": 265598, "MC": 29621283, "ESZ6": world().futures[0].con_id((2026, 12)), "EUR.USD": 12087792}
    now = at("20261120:1200", "US/Eastern")
    told = world().listings[kinds[symbol]].told(now)
    for hours in ("trading_hours", "liquid_hours"):
        assert str(told[hours]).startswith(str(still[hours]))


def test_clocks_that_change_move_the_hours_with_them() -> None:
    eastern = of("mon-fri 04:00-20:00")
    before, after = (
        next(eastern.spans(at(day, "UTC"), at(day, "UTC") + DAY)) for day in ("20260306:0500", "20260309:0500")
    )
    assert after.begins - before.begins == 3 * DAY - 3600
    overnight = of("mon-fri 17:00-16:00", zone="US/Central")
    (monday,) = overnight.spans(at("20261101:1900", "US/Central"), at("20261102:1000", "US/Central"))
    assert monday == Span(at("20261101:1700", "US/Central"), at("20261102:1600", "US/Central"), dt.date(2026, 11, 2))


def test_lunch_is_a_break_of_one_day() -> None:
    tokyo = of("mon-fri 09:00-11:30", "mon-fri 12:30-15:30", zone="Japan")
    assert tokyo.hours(at("20261204:1000", "Japan")).startswith(
        "20261204:0900-20261204:1130;20261204:1230-20261204:1530;20261205:CLOSED;20261206:CLOSED;20261207:0900"
    )
    assert not tokyo.is_open(at("20261204:1200", "Japan"))


def test_what_trades_always_has_no_hole() -> None:
    always = of("mon-sun 00:00-24:00")
    assert always.hours(at("20261204:1000", "US/Eastern")).startswith("20261204:0000-20261205:0000;20261205:0000-")
    spans = list(always.spans(at("20261030:0000", "US/Eastern"), at("20261105:0000", "US/Eastern")))
    assert all(one.ends == other.begins for one, other in pairwise(spans))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon-fri",
        "mon-fri 9:30-16:00",
        "mon-fry 09:30-16:00",
        "fri-mon 09:30-16:00",
        "mon 24:00-25:00",
        "mon 09:60-10:00",
    ],
)
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        rule(text)
