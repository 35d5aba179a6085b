"""Clients below server version 163 are refused what may be a fraction, and read the rest trimmed, as by a real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from harness.gateways.simulator.bars import Bar
from harness.gateways.simulator.truth import Truth, load
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import connected, run, simulated

REFUSED, TRIMMED, NO_DEFINITION = 10285, 2176, 200
REQUESTS = ("req_market_data", "req_tick_by_tick", "req_historical_data")
EURUSD: Mapping[str, Value] = {"symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO", "currency": "USD"}
AAPL: Mapping[str, Value] = {"con_id": 265598, "symbol": "AAPL", "sec_type": "STK", "exchange": "SMART"}
OF_BARS: Mapping[str, Value] = {
    "con_id": 495512563,
    "exchange": "CME",
    "bar_size": "1 day",
    "duration": "5 D",
    "what_to_show": "TRADES",
    "format_date": 1,
}


def first_answers(version: int, request: Message, count: int = 1, truth: Truth | None = None) -> list[Message]:
    async def scenario() -> list[Message]:
        async with simulated(truth=truth) as gateway, connected(gateway, 7, version) as client:
            client.say(request)
            return [await client.message() for _ in range(count)]

    return run(scenario())


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize(
    "contract",
    [EURUSD, {"con_id": 12087792}, {"symbol": "BTC", "sec_type": "CRYPTO", "exchange": "PAXOS"}],
    ids=["pair", "pair by its id", "crypto"],
)
@pytest.mark.parametrize("version", [100, 157, 162])
def test_what_may_be_a_fraction_is_refused_below_163(version: int, contract: Mapping[str, Value], name: str) -> None:
    (error,) = first_answers(version, Message(name, {"req_id": 3, **contract}))
    assert (error.name, error["req_id"], error["code"]) == ("error", 3, REFUSED)


@pytest.mark.parametrize("version", [163, 178, 203, 226])
def test_from_163_on_it_is_answered(version: int) -> None:
    (first,) = first_answers(version, Message("req_market_data", {"req_id": 3, "snapshot": True, **EURUSD}))
    assert first.name == "market_data_type"


@pytest.mark.parametrize(("name", "asked"), [("req_market_data", {}), ("req_tick_by_tick", {"tick_type": "Last"})])
def test_stocks_are_answered_to_every_client(name: str, asked: Mapping[str, Value]) -> None:
    (first,) = first_answers(157, Message(name, {"req_id": 3, **AAPL, **asked}))
    assert first.name != "error"


def with_a_fraction() -> Truth:
    """Return the truth with a fraction in the volume of the second day."""
    truth = load("paper")
    (days,) = (series for series in truth.bars if series.bar_size == "1 day")
    first, second, *rest = days.bars
    bars = (first, Bar(second.begins, {**second.values, "volume": "687.42"}), *rest)
    return replace(truth, bars=(replace(days, bars=bars),))


def test_a_volume_is_trimmed_below_163_with_a_warning() -> None:
    request = Message("req_historical_data", {"req_id": 3, **OF_BARS})
    warning, answer = first_answers(157, request, 2, with_a_fraction())
    assert (warning["req_id"], warning["code"]) == (3, TRIMMED)
    assert str(warning["text"]).endswith("Trimmed value 687.42 to 687")
    bars = answer["bars"]
    assert isinstance(bars, tuple)
    assert [dict(bar)["volume"] for bar in bars][:2] == ["1204332", "687"]


def test_a_volume_is_told_as_it_is_from_163_on() -> None:
    (answer,) = first_answers(163, Message("req_historical_data", {"req_id": 3, **OF_BARS}), 1, with_a_fraction())
    bars = answer["bars"]
    assert isinstance(bars, tuple)
    assert dict(bars[1])["volume"] == "687.42"
