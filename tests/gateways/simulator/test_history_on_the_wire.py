"""Bars that are refused, kept up to date or cancelled, the schedule of a contract, and its ticks one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.gateways.simulator.answers.refusals import other_trades
from harness.gateways.simulator.timing import SteppedTime
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_bars_on_the_wire import ES, SERIES
from tests.gateways.simulator.test_ticks_on_the_wire import AAPL, EURUSD, START, items, stepped, told
from tests.gateways.simulator.test_truth_on_the_wire import TRUTH, names


def causes(name: str, values: Mapping[str, Value], version: int = 226) -> tuple[Value, Value, str]:
    (error,) = told(Message(name, values), version=version)
    return error["req_id"], error["code"], error.text("text")


@pytest.mark.parametrize(
    ("asked_for", "code", "part"),
    [
        (
            {"bar_size": "7 mins"},
            321,
            "-'D' : cause - Historical data bar size setting is invalid. Legal ones are: 1 secs,",
        ),
        ({"what_to_show": "NONSENSE"}, 321, "cause - What to show field is missing or incorrect."),
        ({"duration": "1 d"}, 321, "cause - Historical data requested duration is invalid."),
        ({"duration": ""}, 321, "cause - Historical data requested duration is invalid."),
        ({"duration": "86401 S"}, 321, "cause - Historical data requested duration is invalid."),
        (
            {"duration": "366 D"},
            321,
            "cause - Historical data requests for durations longer than 365 days must be made in years.",
        ),
        ({"end": "2026-11-20"}, 10314, "End Date/Time: The date, time, or time-zone entered is invalid."),
        (
            {"keep_up_to_date": True, "end": "20261120-20:00:00"},
            321,
            "cause - End date not supported with live updates",
        ),
        (
            {"keep_up_to_date": True, "what_to_show": "BID_ASK"},
            321,
            "cause - Source price not supported with live updates",
        ),
        ({"what_to_show": "SCHEDULE"}, 10295, ""),
        ({"what_to_show": "AGGTRADES"}, 10299, "Expected what to show is TRADES, please use that instead of AGGTR"),
    ],
)
def test_bars_that_are_asked_for_wrongly_are_refused(asked_for: Mapping[str, Value], code: int, part: str) -> None:
    req_id, number, text = causes("req_historical_data", {**ES, **asked_for})
    assert (req_id, number) == (3, code)
    assert part in text


@pytest.mark.parametrize(
    ("kind", "shown", "text"),
    [
        ("CRYPTO", "TRADES", "Expected what to show is AGGTRADES, please use that instead of TRADES."),
        ("CRYPTO", "AGGTRADES", None),
        ("STK", "TRADES", None),
        ("CRYPTO", "MIDPOINT", None),
    ],
)
def test_aggregated_trades_are_those_of_crypto_alone(kind: str, shown: str, text: str | None) -> None:
    request = Message("req_historical_data", {"req_id": 3, "what_to_show": shown})
    told_first = other_trades(request, {"sec_type": kind})
    assert (told_first and told_first["text"]) == text


def test_bars_of_four_minutes_are_legal_from_222_on() -> None:
    four = {**ES, "bar_size": "4 mins"}
    assert [causes("req_historical_data", four, version)[1] for version in (221, 222)] == [321, 162]
    assert "-'bM' :" in causes("req_historical_data", four, 200)[2]


def test_the_longest_durations_are_legal() -> None:
    for duration in ("86400 S", "365 D", "52 W", "12 M", "68 Y"):
        assert told(Message("req_historical_data", {**ES, "duration": duration}))[0].name == "historical_data"


def test_an_end_without_a_zone_is_warned_of_and_answered() -> None:
    heard = told(Message("req_historical_data", {**ES, "end": "20261120 15:00:00"}), 3)
    assert names(heard) == ["error", "historical_data", "historical_data_end"]
    assert heard[0]["code"] == 2174


@pytest.mark.parametrize("version", [157, 163, 200, 207, 208, 226])
def test_bars_that_are_kept_up_to_date_are_told_again_until_they_are_cancelled(version: int) -> None:
    clock = SteppedTime(START)
    cancel = Message("cancel_historical_data", {"req_id": 3})
    request = Message("req_historical_data", {**ES, "keep_up_to_date": True})
    first = 2 if version >= 196 else 1

    async def scenario() -> list[Message]:
        async with simulated(timing=clock) as gateway, connected(gateway, 7, version) as client:
            client.say(request)
            heard = [await client.message() for _ in range(first)]
            await stepped(clock, client, 0.25, 0)
            told = await client.ask(Message("req_current_time"), end="current_time")
            assert names(told) == ["current_time"]  # who asked for the bars has the time to read them
            heard += [*await stepped(clock, client, 0.25, 1), *await stepped(clock, client, 5, 1)]
            for message in (request, cancel, cancel):
                client.say(message)
            return heard + [await client.message() for _ in range(3)]

    bars, *_, update, again, duplicate, cancelled, unknown = run(scenario())
    newest = items(bars, "bars")[-1]
    assert newest.items() >= SERIES["5 mins"].bars[-1].values.items()
    assert update.values.items() >= {**newest, **SERIES["5 mins"].newest.values}.items()
    assert again == update
    assert [error["code"] for error in (duplicate, cancelled, unknown)] == [322, 162, 366]
    token = "D" if version >= 208 else "bM"
    cause = "Duplicate ticker ID for API historical data query"
    assert duplicate["text"] == f"Error processing request.-'{token}' : cause - {cause}"
    assert str(cancelled["text"]).endswith("API historical data query cancelled: 3")


def test_bars_that_were_told_are_no_longer_there_to_be_cancelled() -> None:
    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 7) as client:
            await client.ask(Message("req_historical_data", ES), end="historical_data_end")
            return await client.ask(Message("cancel_historical_data", {"req_id": 3}), end="error")

    (error,) = run(scenario())
    assert (error["code"], error["text"]) == (366, "No historical data query found for ticker id:3")


@pytest.mark.parametrize("version", [165, 207, 208, 226])
def test_the_schedule_is_the_sessions_of_the_contract(version: int) -> None:
    days = {**AAPL, "what_to_show": "SCHEDULE", "bar_size": "1 day", "duration": "5 D", "use_rth": True}
    (answer,) = told(Message("req_historical_data", days), version=version)
    assert [answer[name] for name in ("start", "end", "time_zone")] == [
        *("20261120-09:30:00", "20261123-16:00:00", "US/Eastern")
    ]
    assert items(answer, "sessions") == [
        {"start": "20261120-09:30:00", "end": "20261120-16:00:00", "ref_date": "20261120"},
        {"start": "20261123-09:30:00", "end": "20261123-16:00:00", "ref_date": "20261123"},
    ]


def test_the_schedule_has_all_hours_where_they_are_asked_for_and_none_for_old_clients() -> None:
    days = {**AAPL, "what_to_show": "SCHEDULE", "bar_size": "1 day", "duration": "5 D"}
    (answer,) = told(Message("req_historical_data", days))
    assert answer["start"] == "20261120-04:00:00"
    assert causes("req_historical_data", days, 164)[1] == 321


TIMES = ("last_time", "quote_time", "midpoint_time")


def tick(version: int, **values: Value) -> dict[str, Any]:
    """The set values of the tick that comes."""
    clock = SteppedTime(START)
    (answer,) = told(Message("req_tick_by_tick", {**AAPL, **values}), version=version, timing=clock)
    assert answer.name == "tick_by_tick"
    assert {answer[name] for name in TIMES} == {None, int(START)}
    return {name: value for name, value in answer.values.items() if name not in TIMES}


@pytest.mark.parametrize("version", [163, 207, 208, 226])
def test_each_kind_of_tick_is_that_of_the_truth(version: int) -> None:
    trade, quote = TRUTH["trade"]["aapl"], TRUTH["quote"]["aapl"]
    for number, kind in ((1, "Last"), (2, "AllLast")):
        last = tick(version, tick_type=kind)
        assert last["tick_type"] == number
        assert [last[f"last_{name}"] for name in trade] == list(trade.values())
    sides = tick(version, tick_type="BidAsk")
    assert sides["tick_type"] == 3
    assert [sides[f"quote_{name}"] for name in ("bid", "ask", "bid_size", "ask_size")] == [
        quote[name] for name in ("bid", "ask", "bid_size", "ask_size")
    ]
    middle = tick(version, tick_type="MidPoint")
    assert (middle["tick_type"], middle["midpoint_price"]) == (4, 190.375)


@pytest.mark.parametrize(
    ("kind", "name", "newest"),
    [
        ("Last", "historical_ticks_last", {"price": 190.25}),
        ("BidAsk", "historical_ticks_bid_ask", {"bid": 190.25, "ask": 190.5}),
        ("MidPoint", "historical_ticks", {"price": 190.375}),
    ],
)
def test_ticks_of_the_past_come_before_the_stream(kind: str, name: str, newest: Mapping[str, Value]) -> None:
    past, now = told(Message("req_tick_by_tick", {**AAPL, "tick_type": kind, "number_of_ticks": 2}), 2)
    assert (past.name, now.name) == (name, "tick_by_tick")
    ticks = items(past, "ticks")
    assert len(ticks) == 2
    assert {key: ticks[-1][key] for key in newest} == newest


@pytest.mark.parametrize(
    ("asked_for", "code", "part"),
    [
        ({"tick_type": "Trades"}, 321, "cause - Tick-by-tick data type is incorrect/not set."),
        ({"con_id": 1}, 200, "No security definition"),
        ({"con_id": 29621283}, 10189, "Failed to request tick-by-tick data.No market data permissions for SBF STK."),
        ({"con_id": 29621283, "tick_type": "AllLast"}, 10089, "requires additional subscription for API"),
        ({"con_id": 29621283, "tick_type": "MidPoint"}, 10089, "requires additional subscription for API"),
        (EURUSD, 10189, "Failed to request tick-by-tick data."),
    ],
)
def test_ticks_that_cannot_be_had_are_refused(asked_for: Mapping[str, Value], code: int, part: str) -> None:
    req_id, number, text = causes("req_tick_by_tick", {**AAPL, "tick_type": "Last", **asked_for})
    assert (req_id, number) == (3, code)
    assert part in text
