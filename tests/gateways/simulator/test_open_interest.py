"""How many contracts of an option are open: generic tick 101."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, Exchange

SPY: Mapping[str, Value] = {"symbol": "SPY", "last_trade_date": "20261218", "strike": 690.0, "trading_class": "SPY"}
CALLS, PUTS = 27, 28
"""Tick types (IBKR's documentation)."""


def open_interest(asked: Mapping[str, Value]) -> dict[Value, int]:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_market_data", {**AAPL, **asked, "generic_ticks": "101"}))

    ticks = [message for message in run(scenario()) if message.values.get("tick_type") in {CALLS, PUTS}]
    return {tick["tick_type"]: int(str(tick["size"])) for tick in ticks}


@pytest.mark.parametrize(("right", "its", "other"), [("C", CALLS, PUTS), ("P", PUTS, CALLS)])
def test_an_option_is_told_with_how_many_are_open(right: str, its: int, other: int) -> None:
    found = open_interest({**SPY, "con_id": 0, "sec_type": "OPT", "right": right})
    assert (found[its] >= 500, found[other]) == (True, 0)


def test_of_a_stock_nothing_is_told() -> None:
    assert open_interest({}) == {}
