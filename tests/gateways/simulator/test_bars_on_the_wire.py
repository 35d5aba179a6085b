"""Historical bars: what they say is the truth, and their times are written as a Gateway of that version writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from harness.gateways.simulator.bars import Clock
from harness.gateways.simulator.truth import load
from harness.known.scenarios import TimeZones
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_truth_on_the_wire import VERSIONS, names

ES: Mapping[str, Value] = {
    "req_id": 3,
    "con_id": 495512563,
    "exchange": "CME",
    "what_to_show": "TRADES",
    "format_date": 1,
    "bar_size": "5 mins",
    "duration": "1 D",
}
SERIES = {series.bar_size: series for series in load("paper").bars}
FIRST = dt.datetime(2026, 11, 20, 14, 30, tzinfo=dt.UTC)
"""When the first five minutes begin: 08:30 in Chicago."""

ZONES_SINCE, END_SINCE = 174, 196


def answer(version: int, **asked: Value) -> list[Message]:
    last = "historical_data_end" if version >= END_SINCE else "historical_data"

    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            client.say(Message("req_historical_data", {**ES, **asked}))
            heard = [await client.message()]
            while heard[-1].name not in {last, "error"}:
                heard.append(await client.message())
            return heard

    return run(scenario())


def bars(message: Message) -> list[dict[str, Any]]:
    rows = message["bars"]
    assert isinstance(rows, tuple)
    return [dict(row) for row in rows]


@pytest.mark.parametrize("version", VERSIONS)
def test_days_are_told_as_days(version: int) -> None:
    for format_date in (1, 2):
        told = answer(version, bar_size="1 day", format_date=format_date)
        assert names(told) == ["historical_data", "historical_data_end"][: 2 if version >= END_SINCE else 1]
        expected = [{"date": f"{bar.begins:%Y%m%d}", **bar.values} for bar in SERIES["1 day"].bars]
        assert bars(told[0]) == expected
        assert told[0]["req_id"] == told[-1]["req_id"] == 3


@pytest.mark.parametrize("version", VERSIONS)
def test_moments_have_the_zone_of_the_exchange_or_are_those_of_this_computer(version: int) -> None:
    told = answer(version, bar_size="5 mins")
    rows = bars(told[0])
    here = f"{FIRST.astimezone():%Y%m%d  %H:%M:%S}"
    written = "20261120 08:30:00 US/Central" if version >= ZONES_SINCE else here
    assert rows[0]["date"] == told[-1]["start"] == written
    expected = [bar.values for bar in SERIES["5 mins"].bars]
    assert [{key: value for key, value in row.items() if key != "date"} for row in rows] == expected


@pytest.mark.parametrize("version", [163, 176, 203, 226])
def test_moments_are_seconds_since_1970_for_who_asks_so(version: int) -> None:
    rows = bars(answer(version, bar_size="5 mins", format_date=2)[0])
    assert [int(row["date"]) for row in rows] == [int(FIRST.timestamp()) + 300 * number for number in range(6)]


def test_a_contract_that_nobody_knows_is_refused() -> None:
    (error,) = answer(226, con_id=1, bar_size="1 day")
    assert (error["req_id"], error["code"]) == (3, 200)


def test_bars_that_there_are_none_of_are_refused() -> None:
    (error,) = answer(226, bar_size="2 mins")
    assert (error["req_id"], error["code"]) == (3, 162)
    text = "Historical Market Data Service error message:HMDS query returned no data: ES@CME Trades"
    assert error["text"] == text


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shown", ["MIDPOINT", "BID", "ASK"])
def test_bars_of_quotes_have_prices_and_no_trades(version: int, shown: str) -> None:
    rows = bars(answer(version, bar_size="5 mins", what_to_show=shown)[0])
    assert [(row["volume"], row["wap"], row["bar_count"]) for row in rows] == [("-1", "-1", -1)] * 6
    assert [row["close"] for row in rows] == [bar.values["close"] for bar in SERIES["5 mins"].bars]


@pytest.mark.parametrize("shown", ["BID_ASK", "ADJUSTED_LAST", "HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"])
def test_there_is_no_data_of_other_kinds_of_bars(shown: str) -> None:
    (error,) = answer(226, bar_size="5 mins", what_to_show=shown)
    assert (error["req_id"], error["code"]) == (3, 162)
    assert "HMDS query returned no data: ES@CME" in error.text("text")


def test_many_bars_are_no_two_alike_and_written_once() -> None:
    (minutes,) = (series for series in load("paper", "large").bars if series.bar_size == "1 min")
    assert len(minutes.bars) == 20_000
    for key in ("volume", "wap", "low", "bar_count"):
        assert len({bar.values[key] for bar in minutes.bars}) == 20_000
    new, newer = (Clock.of(version, TimeZones.INSTRUMENT, None) for version in (203, 226))
    assert minutes.written(newer, 1) is minutes.written(new, 1)
    assert minutes.written(newer, 1) is not minutes.written(newer, 2)
