"""The values of an account in a market that moves: those that programs read, and that they agree with each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, Exchange

ACCOUNT = "DU9000001"
TAGS = (
    *("AccountType", "NetLiquidation", "TotalCashValue", "SettledCash", "AccruedCash", "BuyingPower"),
    *("EquityWithLoanValue", "PreviousEquityWithLoanValue", "GrossPositionValue", "RegTEquity", "RegTMargin", "SMA"),
    *("InitMarginReq", "MaintMarginReq", "AvailableFunds", "ExcessLiquidity", "Cushion", "FullInitMarginReq"),
    *("FullMaintMarginReq", "FullAvailableFunds", "FullExcessLiquidity", "LookAheadNextChange"),
    *("LookAheadInitMarginReq", "LookAheadMaintMarginReq", "LookAheadAvailableFunds", "LookAheadExcessLiquidity"),
    *("DayTradesRemaining", "Leverage"),
)
"""Those of IBKR's documentation that every account has."""
SHARE = {name: value for name, value in AAPL.items() if name != "req_id"}
BUY: Mapping[str, Value] = {
    **SHARE,
    "order_id": 201,
    "action": "BUY",
    "total_quantity": "100",
    "order_type": "MKT",
    "time_in_force": "DAY",
}


def told() -> tuple[list[Message], list[Message]]:
    """Return the summary and the updates of an account that has just bought."""

    async def scenario() -> tuple[list[Message], list[Message]]:
        async with Exchange() as exchange:
            await exchange.asked(Message("place_order", {**BUY, "transmit": True}))
            tags: dict[str, Value] = {"req_id": 9, "group": "All", "tags": ",".join(TAGS)}
            summary = await exchange.asked(Message("req_account_summary", tags))
            updates = Message("req_account_updates", {"subscribe": True, "account": ACCOUNT})
            profit = Message("req_pnl", {"req_id": 10, "account": ACCOUNT})
            return summary, await exchange.asked(updates, profit)

    return run(scenario())


def values(messages: list[Message]) -> dict[tuple[Any, Any], Any]:
    rows = [message for message in messages if message.name == "account_value"]
    return {(row["key"], row["currency"]): row["value"] for row in rows}


def test_a_summary_has_every_tag_of_the_documentation_in_order() -> None:
    tags = [message["tag"] for message in told()[0] if message.name == "account_summary"]
    assert list(dict.fromkeys(tags)) == sorted(TAGS)


def test_updates_are_sorted_and_have_each_currency_and_the_base() -> None:
    """Captured: by key, then by currency, BASE before USD."""
    found = values(told()[1])
    assert list(found) == sorted(found)
    assert found["CashBalance", "BASE"] == found["CashBalance", "USD"] == found["TotalCashValue", "USD"]
    assert found["AccountReady", ""] == "true"


def test_what_is_the_same_stays_the_same_after_a_fill() -> None:
    found = {key: value for (key, currency), value in values(told()[1]).items() if currency != "BASE"}
    for key in ("AvailableFunds", "ExcessLiquidity", "InitMarginReq", "MaintMarginReq"):
        assert found[key] == found[f"Full{key}"] == found[f"LookAhead{key}"]
    assert found["NetLiquidation"] == found["EquityWithLoanValue"] == found["NetLiquidationByCurrency"]
    (profit,) = (message for message in told()[1] if message.name == "pnl")
    assert float(found["UnrealizedPnL"]) == pytest.approx(profit["unrealized_pnl"])
    assert float(found["RealizedPnL"]) == pytest.approx(profit["realized_pnl"])
    cushion = float(found["ExcessLiquidity"]) / float(found["NetLiquidation"])
    assert float(found["Cushion"]) == pytest.approx(cushion, abs=1e-6)
    assert float(found["Leverage"]) > 0.04  # it was 0.02 before 100 shares were bought
