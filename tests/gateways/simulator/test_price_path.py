"""The trades of a span are the same however one asks: together, in part, or one by one."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.gateways.simulator.price_path import PricePath, Summary, Trade

BEGINS, ENDS = 1_000.0, 2_000.0
MOMENTS = st.floats(BEGINS - 10, ENDS + 10)


@st.composite
def wholes(draw: st.DrawFn) -> Summary:
    """Trades as a whole, that can be."""
    first, last = draw(st.integers(90, 110)), draw(st.integers(90, 110))
    count = draw(st.one_of(st.integers(1, 6), st.integers(7, 400)))
    high, low = max(first, last) + draw(st.integers(0, 9)), min(first, last) - draw(st.integers(0, 9))
    assume(
        len({high, low} - {first, last}) <= count - 2 or (count == 1 and high == low) or {high, low} == {first, last}
    )
    assume(count > 1 or first == last == high == low)
    return Summary(first, high, low, last, count, count + draw(st.integers(0, 500)))


def together(trades: list[Trade]) -> Summary:
    prices = [trade.price for trade in trades]
    lots = sum(trade.lots for trade in trades)
    return Summary(prices[0], max(prices), min(prices), prices[-1], len(prices), lots)


@given(st.integers(0), wholes())
def test_the_trades_are_together_what_was_said_of_them(key: int, whole: Summary) -> None:
    trades = list(PricePath(key, BEGINS, ENDS, whole).trades(BEGINS, ENDS))
    assert together(trades) == whole
    assert [trade.when for trade in trades] == sorted(trade.when for trade in trades)
    assert all(BEGINS <= trade.when < ENDS and trade.lots >= 1 for trade in trades)


@given(st.integers(0), wholes(), MOMENTS, MOMENTS)
def test_a_part_is_that_of_the_trades_in_it(key: int, whole: Summary, one: float, other: float) -> None:
    path, (begins, ends) = PricePath(key, BEGINS, ENDS, whole), sorted((one, other))
    inside = [trade for trade in path.trades(BEGINS, ENDS) if begins <= trade.when < ends]
    assert list(path.trades(begins, ends)) == inside
    assert path.summary(begins, ends) == (together(inside) if inside else None)


@given(st.integers(0), wholes(), MOMENTS)
def test_the_newest_trade_is_the_last_until_then(key: int, whole: Summary, when: float) -> None:
    path = PricePath(key, BEGINS, ENDS, whole)
    trades = list(path.trades(BEGINS, ENDS))
    place = bisect_right([trade.when for trade in trades], when)
    assert path.newest(when) == (trades[place - 1] if place else None)


@given(st.integers(0), wholes(), MOMENTS, MOMENTS)
def test_the_average_lies_between_the_prices_and_is_exact_for_few(
    key: int, whole: Summary, one: float, other: float
) -> None:
    path, (begins, ends) = PricePath(key, BEGINS, ENDS, whole), sorted((one, other))
    inside, average = list(path.trades(begins, ends)), path.average(begins, ends)
    if not inside:
        assert average is None
        return
    seen = together(inside)
    assert average is not None
    assert seen.low - 1e-9 <= average <= seen.high + 1e-9
    if len(inside) <= 16:
        paid = sum(trade.price * trade.lots for trade in inside)
        assert average == pytest.approx(paid / seen.volume)


def test_the_order_in_which_one_asks_makes_no_difference() -> None:
    whole = Summary(100, 120, 90, 110, 500, 900)
    asked, fresh = (PricePath(5, BEGINS, ENDS, whole) for _ in range(2))
    backwards = [asked.summary(begins, begins + 10) for begins in range(1990, 990, -10)]
    assert backwards[::-1] == [fresh.summary(begins, begins + 10) for begins in range(1000, 2000, 10)]


def test_another_seed_makes_other_trades() -> None:
    whole = Summary(100, 120, 90, 110, 50, 90)
    one, other = (list(PricePath(key, BEGINS, ENDS, whole).trades(BEGINS, ENDS)) for key in (1, 2))
    assert one != other


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(Summary(100, 120, 90, 110, 2, 9), id="two trades have no other prices than theirs"),
        pytest.param(Summary(100, 99, 90, 110, 9, 9), id="the highest is lower than the last"),
        pytest.param(Summary(100, 110, 90, 110, 9, 8), id="fewer lots than trades"),
    ],
)
def test_what_cannot_be_is_refused(whole: Summary) -> None:
    with pytest.raises(ValueError, match="no trades are"):
        PricePath(1, BEGINS, ENDS, whole)
