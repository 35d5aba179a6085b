"""History of a market that moves, beside bars of trades: the schedule, and what else may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.gateways.simulator.moving_prices import MovingPrices
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, Exchange

DAYS: Mapping[str, Value] = {**AAPL, "bar_size": "1 day", "duration": "3 D", "use_rth": True, "format_date": 1}
PRICES = ("open", "high", "low", "close")
FUTURE: Mapping[str, Value] = {"req_id": 3, "symbol": "ES", "sec_type": "CONTFUT", "exchange": "CME", "con_id": 0}


def answer(**asked: Value) -> Message:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_historical_data", {**DAYS, **asked}))

    return run(scenario())[0]


def rows(message: Message, name: str) -> list[dict[str, Any]]:
    found = message[name]
    assert isinstance(found, tuple)
    return [dict(row) for row in found]


def schedule(**asked: Value) -> list[dict[str, Any]]:
    return rows(answer(what_to_show="SCHEDULE", **asked), "sessions")


def test_a_schedule_goes_back_from_now_over_the_weekend() -> None:
    """It is Friday 4 December 2026, half an hour after the opening."""
    assert schedule() == [
        {"start": f"{day}-09:30:00", "end": f"{day}-16:00:00", "ref_date": day}
        for day in ("20261202", "20261203", "20261204")
    ]
    assert schedule(duration="5 D")[0]["ref_date"] == "20261130"
    assert [session["ref_date"] for session in schedule(duration="1 W")] == [
        *("20261127", "20261130", "20261201", "20261202", "20261203", "20261204")
    ]


def test_a_schedule_goes_back_from_the_end_that_is_asked_for() -> None:
    asked = schedule(end="20261108-00:00:00", duration="2 D", use_rth=False)
    assert [session["ref_date"] for session in asked] == ["20261105", "20261106"]
    assert asked[0] == {"start": "20261105-04:00:00", "end": "20261105-20:00:00", "ref_date": "20261105"}


def test_a_session_that_begins_on_the_evening_before_is_of_the_day_on_which_it_ends() -> None:
    (session,) = schedule(**FUTURE, duration="1 D", use_rth=False)
    assert session == {"start": "20261203-17:00:00", "end": "20261204-16:00:00", "ref_date": "20261204"}


def bars(shown: str, **asked: Value) -> list[dict[str, Any]]:
    return rows(answer(what_to_show=shown, bar_size="1 hour", **asked), "bars")


def test_a_bar_of_both_sides_has_average_bid_highest_ask_lowest_bid_and_average_ask() -> None:
    """Documented; the averages are those of a side's four prices."""
    sides = zip(bars("BID"), bars("ASK"), strict=True)
    expected = [
        (sum(bid[name] for name in PRICES) / 4, ask["high"], bid["low"], sum(ask[name] for name in PRICES) / 4)
        for bid, ask in sides
    ]
    both = bars("BID_ASK")
    assert [tuple(bar[name] for name in PRICES) for bar in both] == [pytest.approx(each) for each in expected]
    assert {(bar["volume"], bar["wap"], bar["bar_count"]) for bar in both} == {("-1", "-1", -1)}


@pytest.mark.parametrize("shown", ["HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"])
def test_a_volatility_rises_where_the_price_falls(shown: str) -> None:
    middles, found = bars("MIDPOINT"), bars(shown)
    assert len({bar["close"] for bar in found}) > 1
    for middle, bar in zip(middles, found, strict=True):
        assert bar["low"] <= min(bar["open"], bar["close"]) <= max(bar["open"], bar["close"]) <= bar["high"]
        assert bar["close"] * middle["close"] == pytest.approx(found[0]["close"] * middles[0]["close"], rel=1e-4)
        assert 0.05 < bar["close"] < 2  # a year's, not in percent


@pytest.mark.parametrize(
    ("shown", "asked"), [("OPTION_IMPLIED_VOLATILITY", FUTURE), ("FEE_RATE", {}), ("YIELD_BID", {})]
)
def test_of_some_kinds_there_is_no_data(shown: str, asked: Mapping[str, Value]) -> None:
    refused = answer(what_to_show=shown, **asked)
    assert (refused["code"], "HMDS query returned no data" in str(refused["text"])) == (162, True)


def histogram(period: str) -> list[dict[str, Any]]:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            asked = Message("req_histogram", {**AAPL, "period": period, "use_rth": True})
            return await exchange.asked(asked)

    return rows(run(scenario())[0], "entries")


def test_a_histogram_has_all_that_was_traded_in_its_period_by_price() -> None:
    """It once had the prices of the built-in truth, which this market never saw."""
    traded = rows(answer(what_to_show="TRADES", bar_size="1 hour", duration="3 D"), "bars")
    found = histogram("3 days")
    prices = [entry["price"] for entry in found]
    assert prices == sorted(set(prices))
    assert min(bar["low"] for bar in traded) <= prices[0] < prices[-1] <= max(bar["high"] for bar in traded)
    assert sum(float(entry["size"]) for entry in found) == sum(float(bar["volume"]) for bar in traded)
    assert histogram("rubbish") == histogram("many days") == histogram("1 day") != found


def test_a_period_of_several_months_or_years_is_as_long_as_it_says_up_to_a_year() -> None:
    def traded(period: str) -> float:
        return sum(float(entry["size"]) for entry in histogram(period))

    assert traded("1 month") < traded("2 months") < traded("11 months") < traded("1 year")
    assert traded("400 weeks") == traded("52 weeks")
    assert traded("1 year") == traded("12 months") == traded("9 years")


@pytest.mark.parametrize("period", ["3 days", "60 days", "52 weeks", "1 year"])
def test_a_histogram_of_a_long_time_looks_at_no_more_bars_than_one_of_a_short_time(
    period: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once kept everybody waiting for a minute."""
    looked, bar = list[float](), MovingPrices.bar

    def counted(prices: MovingPrices, contract: Values, shown: str, begins: float, ends: float) -> Values | None:
        looked.append(begins)
        return bar(prices, contract, shown, begins, ends)

    monkeypatch.setattr(MovingPrices, "bar", counted)
    assert len(histogram(period)) > 50
    assert len(looked) <= 1000


@pytest.mark.parametrize("size", ["1 day", "1W"])
def test_bars_of_both_sides_have_averages_between_the_lowest_bid_and_the_highest_ask(size: str) -> None:
    told = rows(answer(what_to_show="BID_ASK", bar_size=size, duration="3 W"), "bars")
    assert len(told) > 2
    for bar in told:
        assert bar["low"] < bar["open"] < bar["close"] < bar["high"]


OPTION: Mapping[str, Value] = {**AAPL, "con_id": 0, "sec_type": "OPT", "last_trade_date": "20261218", "strike": 190.0}


@pytest.mark.parametrize("right", ["C", "P"])
def test_bars_of_an_option_follow_its_underlying_and_end_at_its_quote(right: str) -> None:
    request = {**OPTION, "right": right, "bar_size": "5 mins", "duration": "3600 S"}

    async def scenario() -> list[list[Message]]:
        async with Exchange() as exchange:
            wanted = [{**request, "what_to_show": shown} for shown in ("BID", "ASK", "MIDPOINT")]
            bars = [await exchange.asked(Message("req_historical_data", each)) for each in wanted]
            return [*bars, await exchange.asked(Message("req_market_data", {**OPTION, "right": right}))]

    bid, ask, middle, line = run(scenario())
    told: list[Any] = [list(each[0].values["bars"]) for each in (bid, ask, middle)]  # type: ignore[arg-type]
    assert len(told[0]) == 12  # half an hour of the day before, and of today
    for low, high, between in zip(*told, strict=True):
        assert low["low"] <= low["close"] <= low["high"] < high["high"]
        assert low["close"] < between["close"] < high["close"] < 1.05 * low["close"]
        assert between["volume"] == "-1"
    quoted = {tick["tick_type"]: tick["price"] for tick in line if tick.name == "tick_price"}
    assert (told[0][-1]["close"], told[1][-1]["close"]) == (quoted[1], quoted[2])


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"bar_size": "1 day", "what_to_show": "MIDPOINT"}, "No data of type EODChart is available for the exchange"),
        ({"bar_size": "5 mins", "what_to_show": "TRADES"}, "HMDS query returned no data"),
    ],
)
def test_an_option_has_neither_bars_of_days_nor_of_trades(wanted: Mapping[str, Value], text: str) -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            request = {**OPTION, "right": "C", "duration": "1 M", **wanted}
            return await exchange.asked(Message("req_historical_data", request))

    (refusal,) = run(scenario())
    assert refusal["code"] == 162
    assert text in refusal.text("text")
