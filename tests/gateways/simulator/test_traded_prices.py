"""Prices that move agree with each other at every moment, and are the same again from the same seed."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateways.simulator.moving_prices import MovingPrices
from harness.gateways.simulator.prices import Entitlement
from harness.gateways.simulator.truth import Values
from tests.gateways.simulator.worlds import CLOCKS, FRIDAY, contracts, found, world

AAPL: Values = {"con_id": 265598}
EURUSD: Values = {"con_id": 12087792}
OPENS = dt.datetime(2026, 12, 4, 14, 30, tzinfo=dt.UTC).timestamp()
CLOSES = OPENS + 6.5 * 3600
MOMENTS = st.floats(OPENS, CLOSES - 1)


def prices(now: float = FRIDAY, seed: int = 1) -> MovingPrices:
    return MovingPrices(world().listings, seed, lambda: now)


def ticks(price: object) -> int:
    return round(float(str(price)) * 100)


@given(MOMENTS, st.floats(1, 900))
def test_a_bar_is_that_of_the_trades_in_it(begins: float, seconds: float) -> None:
    market, ends = prices(), begins + seconds
    trades = list(market.trades(AAPL, begins, ends))
    bar = market.bar(AAPL, "TRADES", begins, ends)
    assert bar is not None
    assert bar["bar_count"] == len(trades)
    assert int(str(bar["volume"])) == sum(int(str(trade["size"])) for trade in trades)
    told = [float(str(trade["price"])) for trade in trades]
    if told:
        assert (bar["open"], bar["high"], bar["low"], bar["close"]) == (told[0], max(told), min(told), told[-1])
        assert bar["low"] <= float(str(bar["wap"])) <= bar["high"]  # type: ignore[operator]
    else:
        assert bar["open"] == bar["high"] == bar["low"] == bar["close"]


@given(MOMENTS)
def test_a_quote_lies_around_the_newest_trade(when: float) -> None:
    market = prices(when)
    quote, trade = market.quote(AAPL), market.trade(AAPL)
    assert quote is not None
    assert trade is not None
    assert quote["last"] == trade["price"]
    assert ticks(quote["bid"]) <= ticks(quote["last"]) <= ticks(quote["ask"])
    assert ticks(quote["ask"]) - ticks(quote["bid"]) == world().listings[265598].spread
    assert quote["low"] <= quote["last"] <= quote["high"]  # type: ignore[operator]


@given(MOMENTS)
def test_the_prices_of_the_day_are_those_of_its_trades_so_far(when: float) -> None:
    quote = prices(when).quote(AAPL)
    begins = dt.datetime(2026, 12, 4, 9, tzinfo=dt.UTC).timestamp()  # trading before the opening counts
    bar = prices(when).bar(AAPL, "TRADES", begins, math.nextafter(when, math.inf))
    assert quote is not None
    assert bar is not None
    assert [quote[name] for name in ("open", "high", "low", "last", "volume")] == [
        bar[name] for name in ("open", "high", "low", "close", "volume")
    ]


def test_bars_of_minutes_make_the_bar_of_the_hour() -> None:
    market = prices()
    minutes = [market.bar(AAPL, "TRADES", OPENS + 60 * number, OPENS + 60 * number + 60) for number in range(60)]
    hour = market.bar(AAPL, "TRADES", OPENS, OPENS + 3600)
    assert hour is not None
    assert sum(int(str(bar["volume"])) for bar in minutes if bar) == int(str(hour["volume"]))
    assert max(bar["high"] for bar in minutes if bar) == hour["high"]  # type: ignore[type-var]


def test_a_day_closes_where_the_next_one_says_it_did() -> None:
    last = prices(CLOSES + 4 * 3600).quote(AAPL)
    monday = prices(OPENS + 3 * 86400 + 3600).quote(AAPL)
    assert last is not None
    assert monday is not None
    assert monday["close"] == last["last"]


def test_while_nothing_trades_the_last_quote_stays() -> None:
    night = [prices(CLOSES + 4 * 3600 + hours * 3600).quote(AAPL) for hours in (0, 1, 30, 50)]
    assert night[0] is not None
    assert night == [night[0]] * 4


@given(CLOCKS)
def test_there_is_a_quote_at_every_moment(when: float) -> None:
    quote = prices(when).quote(AAPL)
    assert quote is not None
    assert 0 < float(str(quote["bid"])) < float(str(quote["ask"]))


def test_the_same_seed_makes_the_same_trades_and_another_does_not() -> None:
    one, again, other = (list(prices(seed=seed).trades(AAPL, OPENS, OPENS + 600)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_what_is_asked_before_changes_nothing() -> None:
    busy, fresh = prices(), prices()
    for day in range(30):
        busy.bar(AAPL, "TRADES", OPENS - 86400 * day, OPENS - 86400 * day + 600)
    assert busy.quote(AAPL) == fresh.quote(AAPL)
    assert busy.bar(AAPL, "TRADES", OPENS, OPENS + 60) == fresh.bar(AAPL, "TRADES", OPENS, OPENS + 60)


def test_bars_of_quotes_lie_around_those_of_trades() -> None:
    made = {shown: prices().bar(AAPL, shown, OPENS, OPENS + 60) for shown in ("TRADES", "BID", "ASK", "MIDPOINT")}
    shown = {name: bar["close"] for name, bar in made.items() if bar is not None}
    assert shown["BID"] <= shown["TRADES"] <= shown["ASK"]  # type: ignore[operator]
    assert shown["MIDPOINT"] == pytest.approx((float(str(shown["BID"])) + float(str(shown["ASK"]))) / 2)
    assert made["BID"] is not None
    assert (made["BID"]["volume"], made["BID"]["wap"], made["BID"]["bar_count"]) == ("-1", "-1", -1)


def test_a_pair_has_quotes_and_no_trades() -> None:
    quote = prices().quote(EURUSD)
    assert quote is not None
    assert not quote.keys() & {"last", "volume", "last_time"}
    assert prices().trade(EURUSD) is None
    assert prices().bar(EURUSD, "TRADES", OPENS, OPENS + 60) is None
    assert prices().bar(EURUSD, "MIDPOINT", OPENS, OPENS + 60) is not None
    assert list(prices().quotes(EURUSD, OPENS, OPENS + 60))


def test_calls_cost_less_the_higher_their_strike_and_puts_more() -> None:
    chain = found(contracts(), symbol="AAPL", sec_type="OPT", last_trade_date="202612", exchange="SMART")
    date = chain[0]["last_trade_date"]
    for right, order in (("C", -1), ("P", 1)):
        options = [option for option in chain if (option["last_trade_date"], option["right"]) == (date, right)]
        asks = [float(str(quote["ask"])) for option in options if (quote := prices().quote(option)) is not None]
        assert len(asks) == len(options) > 5
        assert asks == sorted(asks, reverse=order < 0)


def test_an_option_has_greeks_and_its_underlyings_price() -> None:
    option = found(contracts(), symbol="AAPL", sec_type="OPT", last_trade_date="202612", right="C")[0]
    found_ = prices().model(option)
    assert found_ is not None
    computed, underlying = found_
    assert 0 <= computed.delta <= 1
    quote = prices().quote(AAPL)
    assert quote is not None
    assert float(str(quote["bid"])) <= underlying <= float(str(quote["ask"]))


def test_a_future_moves_with_its_index() -> None:
    """Both lie on the same waves, so that a day moves both by the same part."""

    def moved(symbol: str, sec_type: str) -> float:
        contract = found(contracts(), symbol=symbol, sec_type=sec_type)[0]
        first, last = (prices().bar(contract, "TRADES", when, when + 1800) for when in (OPENS, CLOSES - 1800))
        assert first is not None
        assert last is not None
        return float(str(last["close"])) / float(str(first["open"])) - 1

    assert moved("ES", "FUT") * moved("SPX", "IND") > 0


def test_what_the_account_may_not_see_has_no_quote() -> None:
    hidden = next(
        listing for listing in world().lasting.values() if Entitlement(listing.entitlement) is Entitlement.NONE
    )
    assert prices().quote(hidden.details) is None
    assert prices().entitlement(hidden.details) is Entitlement.NONE
