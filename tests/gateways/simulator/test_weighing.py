"""Previews: they say what an order will do to the account, and what it will cost."""

from __future__ import annotations

from typing import Any

import pytest

from harness.gateways.simulator.trading.account import account_values
from harness.wire.message import Message
from tests.gateways.simulator.market import AAPL, ACCOUNT, ES, brief, order
from tests.gateways.simulator.test_combos import combo, priced
from tests.gateways.simulator.trader import Trader

FUTURE: dict[str, Any] = {"con_id": ES, "symbol": "ES", "sec_type": "FUT", "exchange": "CME", "total_quantity": "2"}


def values(trader: Trader) -> dict[str, float]:
    rows = account_values(trader.desk.truth, trader.desk.ledger, ACCOUNT)
    return {str(row["key"]): float(str(row["value"])) for row in rows if row["key"] != "AccountType"}


ORDERS: list[tuple[Message, float, float]] = [
    (order(), 100 * 101 * 0.25, 1.0),
    (order(total_quantity="1000"), 1000 * 101 * 0.25, 5.0),
    (order(action="SELL"), -100 * 100 * 0.25, 1.0),
    (order(action="SELL", total_quantity="300"), (200 - 100) * 100 * 0.25, 1.5),
    (order(order_type="LMT", limit_price=50.0), 100 * 50 * 0.25, 1.0),
    (order(limit_price=50.0), 100 * 101 * 0.25, 1.0),  # a market order has no limit
    (order(order_type="MTL", limit_price=50.0), 100 * 101 * 0.25, 1.0),
    (order(**FUTURE), (1 - 1) * 5001 * 50 * 0.1, 4.5),
    (order(**{**FUTURE, "action": "SELL"}), 2 * 5000 * 50 * 0.1, 4.5),
    (combo(order_type="LMT", limit_price=0.0), 6 * (101 + 4697 / 3) * 0.25 + 2 * 5000 * 50 * 0.1, 5.5),
    (combo(), 6 * 101 * 0.25 + 2 * 5000 * 50 * 0.1, 5.5),
]


@pytest.mark.parametrize(("request_", "margin", "commission"), ORDERS)
def test_a_preview_follows_from_the_order(request_: Message, margin: float, commission: float) -> None:
    trader = priced()
    (told,) = trader.place(request_, what_if=True)
    before = values(trader)
    assert (told.name, told["status"], told["what_if"]) == ("open_order", "PreSubmitted", True)
    assert (told["commission"], told["commission_currency"]) == (commission, "USD")
    for name, key in (("init", "InitMarginReq"), ("maint", "MaintMarginReq")):
        assert told[f"{name}_margin_before"] == before[key]
        assert told[f"{name}_margin_change"] == pytest.approx(margin, abs=0.01)
        assert told[f"{name}_margin_after"] == pytest.approx(before[key] + margin, abs=0.01)
    assert told["equity_with_loan_before"] == before["NetLiquidation"]
    assert told["equity_with_loan_change"] == pytest.approx(-commission, abs=0.01)
    assert trader.desk.book.working() == []


def test_the_account_becomes_what_the_preview_said() -> None:
    trader = priced()
    trader.prices.set(AAPL, 100.0, 100.0)  # so that nothing is lost to the spread
    trader.prices.set(ES, 5000.0, 5000.0)
    for number, what in enumerate((order(), order(**{**FUTURE, "action": "SELL"}))):
        (told,) = trader.place(what, what_if=True, order_id=201 + 2 * number)
        trader.place(what, order_id=202 + 2 * number)
        after = values(trader)
        assert after["InitMarginReq"] == pytest.approx(told["init_margin_after"], abs=0.01)
        assert after["NetLiquidation"] == pytest.approx(told["equity_with_loan_after"], abs=0.01)


def test_a_preview_of_what_would_be_rejected_is_rejected_and_nothing_else() -> None:
    said = priced().place(order(total_quantity="10000000"), what_if=True)
    assert [brief(each) for each in said] == [("error", 201)]


def test_what_closes_a_holding_needs_no_funds() -> None:
    """The hundred that are held are worth enough for three hundred more, on either side."""
    trader = Trader()
    trader.prices.set(AAPL, 1e6, 1e6)
    sold = trader.place(order(action="SELL", total_quantity="500"), what_if=True)
    assert [each.name for each in sold] == ["open_order"]
    bought = trader.place(order(102, total_quantity="400"), what_if=True)
    assert [brief(each) for each in bought] == [("error", 201)]


def test_a_preview_without_a_price_changes_nothing() -> None:
    trader = Trader()
    del trader.prices.by_con_id[AAPL]
    (told,) = trader.place(order(), what_if=True)
    assert (told["init_margin_change"], told["commission"]) == (0.0, 0.0)
