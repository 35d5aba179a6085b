"""Requests at the edges of a moving market: indices, years ago and to come, closed times, more than there may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from harness.gateways.simulator.answers.past_ticks import MOST_TICKS
from harness.gateways.simulator.bar_times import BEGAN
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, EURUSD, FRIDAY, TOYOTA, Exchange, numbers

SPX: Mapping[str, Value] = {**AAPL, "con_id": 0, "symbol": "SPX", "sec_type": "IND", "exchange": "CBOE"}
HISTORY: Mapping[str, Value] = {**AAPL, "what_to_show": "TRADES", "format_date": 2, "use_rth": True}
EVERY_TICK = "106,220,221,232,233,236,293,318,375"
OWN_ERROR = 320


def asked(*requests: Message) -> list[Message]:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(*requests)

    return run(scenario())


def bars(**wanted: Value) -> list[Any]:
    told = asked(Message("req_historical_data", {**HISTORY, **wanted}))
    return list(told[0].values["bars"]) if told[0].name == "historical_data" else []  # type: ignore[arg-type]


@pytest.mark.parametrize("contract", [SPX, EURUSD])
def test_generic_ticks_of_what_has_no_trades_or_no_sides_are_left_out(contract: Mapping[str, Value]) -> None:
    heard = asked(
        Message("req_market_data_type", {"market_data_type": 3}),
        Message("req_market_data", {**contract, "generic_ticks": EVERY_TICK}),
    )
    assert [message["code"] for message in heard if message.name == "error" and message["code"] == OWN_ERROR] == []
    assert 37 in {message.values.get("tick_type") for message in heard}


@pytest.mark.parametrize(
    ("name", "wanted", "code"),
    [
        ("req_tick_by_tick", {"tick_type": "Last"}, 10189),
        ("req_tick_by_tick", {"tick_type": "BidAsk"}, 10089),
        ("req_real_time_bars", {"what_to_show": "TRADES"}, 420),
        ("req_real_time_bars", {"what_to_show": "MIDPOINT"}, 10089),
    ],
)
def test_what_is_delayed_has_no_ticks_and_no_real_time_bars(name: str, wanted: Mapping[str, Value], code: int) -> None:
    """As captured for an account without permission; that delayed data is none is inferred."""
    (refusal,) = asked(Message(name, {**TOYOTA, **wanted}))
    assert refusal["code"] == code


@pytest.mark.parametrize("kind", ["BidAsk", "MidPoint"])
def test_an_index_has_no_quotes_one_by_one(kind: str) -> None:
    (refusal,) = asked(Message("req_tick_by_tick", {**SPX, "tick_type": kind}))
    assert refusal["code"] == 10089


@pytest.mark.parametrize("shown", ["TRADES", "BID", "MIDPOINT", "BID_ASK"])
def test_a_week_of_regular_hours_is_that_of_its_days(shown: str) -> None:
    (week,) = bars(bar_size="1W", duration="4 D", end="20261127 17:00:00 US/Eastern", what_to_show=shown)
    days = bars(bar_size="1 day", duration="4 D", end="20261127 17:00:00 US/Eastern", what_to_show=shown)
    assert len(days) == 4
    assert week["high"] == max(day["high"] for day in days)
    assert week["low"] == min(day["low"] for day in days)
    if shown == "TRADES":
        assert (week["open"], week["close"]) == (days[0]["open"], days[-1]["close"])
        assert int(week["volume"]) == sum(int(day["volume"]) for day in days)
        assert week["bar_count"] == sum(day["bar_count"] for day in days)
        assert week["low"] <= float(week["wap"]) <= week["high"]
    else:
        assert (week["volume"], week["wap"], week["bar_count"]) == ("-1", "-1", -1)


def test_history_that_ends_in_the_future_ends_now() -> None:
    last = bars(bar_size="1 min", duration="300 S", end="20301231-00:00:00")
    assert last == bars(bar_size="1 min", duration="300 S")
    assert len(last) == 5


@pytest.mark.parametrize("end", ["99991231 23:00:00 UTC", "00010102 02:00:00 UTC", "19000101 00:00:00 UTC"])
@pytest.mark.parametrize("duration", ["1 D", "52 W", "60 Y"])
def test_no_year_is_too_far(end: str, duration: str) -> None:
    heard = asked(Message("req_historical_data", {**HISTORY, "bar_size": "1M", "duration": duration, "end": end}))
    assert heard[0]["code"] == 162 if heard[0].name == "error" else heard[0]["bars"]


def test_no_bar_is_older_than_the_first_moment_that_is_told() -> None:
    assert min(int(bar["date"][:4]) for bar in bars(bar_size="1M", duration="60 Y")) >= 1990
    assert BEGAN < FRIDAY


@pytest.mark.parametrize("kind", ["Last", "BidAsk"])
def test_ticks_of_the_past_before_a_stream_are_a_thousand_at_most(kind: str) -> None:
    (past,) = asked(Message("req_tick_by_tick", {**AAPL, "tick_type": kind, "number_of_ticks": 10**6}))
    assert len(past.values["ticks"]) == MOST_TICKS  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bound", "first"),
    [
        pytest.param({"start": "20261128 12:00:00 US/Eastern"}, "20261130", id="from a Saturday on"),
        pytest.param({"end": "20261128 12:00:00 US/Eastern"}, "20261127", id="before a Saturday"),
    ],
)
def test_ticks_are_those_next_to_a_closed_time(bound: Mapping[str, Value], first: str) -> None:
    wanted = {**AAPL, "what_to_show": "TRADES", "number_of_ticks": 1000, **bound}
    (told,) = asked(Message("req_historical_ticks", wanted))
    ticks: Any = told.values["ticks"]
    assert len(ticks) == 1000
    (day,) = {day_of(tick["time"]) for tick in ticks}
    assert day == first


def day_of(seconds: int) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, ZoneInfo('US/Eastern')):%Y%m%d}"


def test_a_clock_that_goes_far_leaves_out_no_tick_and_no_bar_while_others_have_their_turn() -> None:
    """Until Monday, as if all of it had passed in steps; what is asked meanwhile is answered before the last of it."""
    weekend = 24 * 3600 * 3

    async def scenario() -> tuple[list[Message], list[Message]]:
        async with Exchange() as exchange:
            await exchange.asked(
                Message("req_tick_by_tick", {**AAPL, "tick_type": "Last"}),
                Message("req_real_time_bars", {**AAPL, "what_to_show": "TRADES"}),
            )
            exchange.clock.step(weekend)
            before = await exchange.asked()
            heard = list(before)
            while more := await exchange.asked():
                heard += more
            return before, heard

    before, heard = run(scenario())
    assert len(before) < len(heard) / 2
    ticks = [str(each[0]) for each in numbers(heard, "tick_by_tick", "last_time")]
    bars = [int(str(each[0])) for each in numbers(heard, "real_time_bar", "time")]
    assert len(set(ticks)) > 20_000
    assert ticks == sorted(ticks)
    assert bars[:720] == [int(FRIDAY) + 5 * number for number in range(720)]
    assert bars[-720:] == [int(FRIDAY) + weekend - 5 * number for number in range(720, 0, -1)]
    assert bars == sorted(set(bars))
