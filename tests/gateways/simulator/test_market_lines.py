"""Lines of market data as recordings show them: their kinds, and what two of one contract are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from harness.gateways.simulator.prices import Entitlement
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import HandPrices, heard
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_moving_market import AAPL, TOYOTA, Exchange


def test_a_snapshot_of_delayed_data_has_the_same_and_an_end() -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(
                Message("req_market_data_type", {"market_data_type": 3}),
                Message("req_market_data", {**TOYOTA, "snapshot": True}),
            )

    heard = run(scenario())
    assert [tick["tick_type"] for tick in heard if "tick_type" in tick.values][:4] == [66, 67, 68, 88]
    assert heard[-1].name == "tick_snapshot_end"


@pytest.mark.parametrize("kind", [0, 1, 5, 99])
def test_a_type_of_market_data_is_taken_in_silence_and_running_lines_keep_theirs(kind: int) -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            await exchange.asked(Message("req_market_data", AAPL))
            chosen = await exchange.asked(Message("req_market_data_type", {"market_data_type": kind}))
            return [*chosen, *await exchange.passes(2)]

    assert {message.name for message in run(scenario())} == {"tick_price", "tick_size", "tick_string"}


LEGS: Any = tuple({"con_id": leg, "ratio": 1, "action": "BUY", "exchange": "SMART"} for leg in (265598, 756733))
SPREAD: Mapping[str, Value] = {"req_id": 3, "symbol": "AAPL", "sec_type": "BAG", "exchange": "SMART", "currency": "USD"}
CLOSES = dt.datetime(2026, 12, 4, 20, tzinfo=ZoneInfo("US/Eastern")).timestamp()
OPENS = dt.datetime(2026, 12, 7, 4, tzinfo=ZoneInfo("US/Eastern")).timestamp()


@pytest.mark.parametrize("asked", [AAPL, {**SPREAD, "combo_legs": LEGS}])
@pytest.mark.parametrize(
    ("wanted", "start", "types"),
    [(1, CLOSES - 1, [1]), (2, CLOSES - 1, [1, 2]), (2, OPENS - 1, [2, 1]), (4, CLOSES - 1, [1, 2])],
)
def test_who_takes_frozen_data_is_told_when_the_market_closes_and_opens(
    asked: Mapping[str, Value], wanted: int, start: float, types: list[int]
) -> None:
    """Documented."""

    async def scenario() -> list[Message]:
        async with Exchange(start) as exchange:
            chosen = Message("req_market_data_type", {"market_data_type": wanted})
            return [*await exchange.asked(chosen, Message("req_market_data", asked)), *await exchange.passes(2)]

    heard = run(scenario())
    assert [message["market_data_type"] for message in heard if message.name == "market_data_type"] == types


def test_live_data_is_told_though_delayed_was_asked_for() -> None:
    """Captured: AAPL and BMW live, at type 3."""

    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(
                Message("req_market_data_type", {"market_data_type": 3}), Message("req_market_data", AAPL)
            )

    kind, *batch = run(scenario())
    assert kind["market_data_type"] == 1
    assert {1, 2, 4} <= {tick["tick_type"] for tick in batch if tick.name == "tick_price"}


def test_of_two_lines_of_one_contract_each_tick_is_told_to_the_first_then_to_the_second() -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            await exchange.asked(Message("req_market_data", AAPL), Message("req_market_data", {**AAPL, "req_id": 4}))
            return await exchange.passes(1)

    heard = run(scenario())
    first, second = ([m.values for m in heard if m["req_id"] == req_id] for req_id in (3, 4))
    assert first
    assert [{**values, "req_id": 4} for values in first] == second
    assert [message["req_id"] for message in heard[:2]] == [3, 3]


class LiveInTws(HandPrices):
    """Quotes that the account sees in TWS alone."""

    def entitlement(self, contract: Values) -> Entitlement:
        del contract
        return Entitlement.NOT_BY_API


def test_a_line_that_is_live_in_tws_alone_says_its_permissions_and_is_refused() -> None:
    """Captured at 225 of a snapshot: no end follows."""

    async def scenario() -> list[Message]:
        async with simulated(prices=LiveInTws()) as gateway, connected(gateway, 7) as client:
            return await heard(client, Message("req_market_data", {**AAPL, "snapshot": True}))

    permissions, refusal = run(scenario())
    assert (permissions.name, permissions["snapshot_permissions"]) == ("tick_req_params", 4)
    assert refusal["code"] == 10089
    assert refusal.text("text").endswith("Delayed market data is available.AAPL NASDAQ.NMS/TOP/ALL")


def test_the_exchanges_of_a_quote_come_once_in_a_later_batch() -> None:
    """Captured at 10.40: types 32 and 33, after the sizes of the batch."""

    async def scenario() -> tuple[list[Message], list[Message]]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_market_data", AAPL)), await exchange.passes(10)

    first, later = run(scenario())
    assert {32, 33} & {tick.values.get("tick_type") for tick in first} == set()
    letters = [(tick["tick_type"], tick["value"]) for tick in later if tick["tick_type"] in {32, 33}]
    assert letters == [(32, "KPTVZU"), (33, "PTZ")]
