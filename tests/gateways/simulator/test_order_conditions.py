"""Orders that wait for conditions, or are cancelled by them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from harness.gateways.simulator.sessions import Session, rule
from harness.gateways.simulator.trading.order import Order
from harness.gateways.simulator.trading.order_conditions import hold
from harness.wire.message import Message
from tests.gateways.simulator.market import AAPL, ENDED, ES, brief, order
from tests.gateways.simulator.trader import START, Trader

PRICE: dict[str, Any] = {"kind": 1, "con_id": ES, "exchange": "CME", "is_more": True, "price": 5010.0}
SOON = dt.datetime.fromtimestamp(START + 5, dt.UTC)
LATER: dict[str, Any] = {"kind": 3, "is_more": True, "time": f"{SOON:%Y%m%d-%X}"}


def statuses(messages: list[Message]) -> list[Any]:
    return [each["status"] for each in messages if each.name == "order_status"]


def conditioned(*conditions: dict[str, Any], **changes: Any) -> Message:
    return order(conditions=conditions, **changes)


def first_of(messages: list[Message]) -> Any:
    """The first condition that is told."""
    conditions: Any = messages[0]["conditions"]
    return conditions[0]


def test_an_order_waits_for_a_price_of_another_contract_and_then_lives_on() -> None:
    trader = Trader()
    trader.prices.set(ES, 5000.0, 5000.25)
    said = trader.place(conditioned(PRICE, order_type="LMT", limit_price=99.0))
    assert statuses(said) == ["PreSubmitted"]
    assert first_of(said)["price"] == 5010.0
    assert trader.moves(AAPL, 98.0, 98.5) == []
    assert statuses(trader.moves(ES, 5010.0, 5010.25)) == ["Submitted", "Filled", "Filled"]


def test_an_order_has_no_more_conditions_than_are_looked_at_in_no_time() -> None:
    trader = Trader()
    assert statuses(trader.place(conditioned(*[PRICE] * 100))) == ["PreSubmitted"]
    refused = trader.place(conditioned(*[PRICE] * 101, order_id=102))
    assert [brief(each) for each in refused] == [("error", 321)]


def test_an_order_whose_condition_was_seen_does_not_wait_again() -> None:
    trader = Trader()
    trader.prices.set(ES, 5010.0, 5010.25)
    assert statuses(trader.place(conditioned(PRICE, order_type="LMT", limit_price=99.0))) == [
        "PreSubmitted",
        "Submitted",
    ]
    trader.moves(ES, 5000.0, 5000.25)
    assert statuses(trader.moves(AAPL, 98.0, 98.5)) == ["Filled", "Filled"]


def test_a_change_of_the_conditions_is_looked_at_and_any_other_changes_nothing_of_them() -> None:
    trader = Trader()
    trader.prices.set(ES, 5010.0, 5010.25)
    met = {"order_type": "LMT", "limit_price": 99.0}
    trader.place(conditioned(PRICE, **met))
    trader.moves(ES, 5000.0, 5000.25)
    trader.place(conditioned(PRICE, **{**met, "limit_price": 98.0}))
    assert fills_at(trader, 97.5) == 1
    trader.moves(AAPL, 100.0, 100.0)
    trader.place(conditioned({**PRICE, "price": 4000.0}, order_id=102, **met))
    trader.place(conditioned({**PRICE, "price": 6000.0}, order_id=102, **met))
    assert fills_at(trader, 98.0) == 0


def fills_at(trader: Trader, price: float) -> int:
    """How many fills there are once the market is there."""
    return sum(each.name == "execution_details" for each in trader.moves(AAPL, price, price))


def test_an_order_that_its_conditions_cancel_works_until_they_hold() -> None:
    trader = Trader()
    trader.prices.set(ES, 5000.0, 5000.25)
    said = trader.place(conditioned(PRICE, order_type="LMT", limit_price=90.0, conditions_cancel_order=True))
    assert statuses(said) == ["PreSubmitted", "Submitted"]
    assert [brief(each) for each in trader.moves(ES, 5010.0, 5010.25)] == ENDED


def test_the_conditions_of_a_child_are_looked_at_once_its_parent_is_filled() -> None:
    trader = Trader()
    trader.prices.set(ES, 5010.0, 5010.25)
    trader.place(order(101, order_type="LMT", limit_price=99.0, transmit=False))
    child = conditioned(PRICE, order_id=102, order_type="LMT", limit_price=105.0, action="SELL", parent_id=101)
    trader.place(child)
    trader.moves(ES, 5000.0, 5000.25)
    trader.moves(AAPL, 99.0, 99.0)
    assert statuses(trader.moves(AAPL, 110.0, 110.0)) == []
    assert statuses(trader.moves(ES, 5010.0, 5010.25)) == ["Submitted", "Filled", "Filled"]


def test_an_order_waits_for_a_time() -> None:
    trader = Trader()
    assert statuses(trader.place(conditioned(LATER))) == ["PreSubmitted"]
    assert trader.tick(4) == []
    assert statuses(trader.tick(1)) == ["Submitted", "Filled", "Filled"]


def test_an_order_waits_for_another_to_be_filled() -> None:
    trader = Trader()
    trader.place(conditioned({"kind": 5, "symbol": "AAPL", "sec_type": "STK", "exchange": "SMART"}))
    assert trader.tick(1) == []
    trader.place(order(102))
    assert statuses(trader.tick(1)) == ["Submitted", "Filled", "Filled"]


@pytest.mark.parametrize(("exchange", "waits"), [("NASDAQ", False), ("ARCA", True)])
def test_a_trade_at_another_exchange_than_the_condition_names_does_not_count(exchange: str, *, waits: bool) -> None:
    trader = Trader()
    trader.place(conditioned({"kind": 5, "symbol": "AAPL", "sec_type": "STK", "exchange": exchange}))
    trader.place(order(102))  # filled at NASDAQ
    assert statuses(trader.tick(1)) == ([] if waits else ["Submitted", "Filled", "Filled"])


@pytest.mark.parametrize("known", [{}, {"close": 100.0}])
def test_a_change_of_what_has_no_price_today_or_had_none_yesterday_is_not_seen(known: dict[str, float]) -> None:
    trader = Trader()
    trader.prices.by_con_id[ES] = {**known, **({} if known else {"last": 100.0})}
    trader.place(conditioned({"kind": 7, "con_id": ES, "change_percent": -50.0, "is_more": True}))
    assert trader.tick(1) == []
    trader.prices.by_con_id[ES] = {"close": 100.0, "last": 100.0}
    assert statuses(trader.tick(1)) == ["Submitted", "Filled", "Filled"]


TRUE, FALSE = {**PRICE, "price": 1.0}, {**PRICE, "price": 9999.0}


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [
        ([{**TRUE, "conjunction": True}, TRUE], True),
        ([{**TRUE, "conjunction": True}, FALSE], False),
        ([{**FALSE, "conjunction": False}, TRUE], True),
        ([{**FALSE, "conjunction": True}, {**FALSE, "conjunction": False}, TRUE], True),
        ([{**TRUE, "conjunction": False}, {**FALSE, "conjunction": True}, FALSE], True),
        ([{**PRICE, "is_more": False, "price": 5000.0}], True),
        ([{**PRICE, "price": 5000.2, "trigger_method": 8}], False),
        ([{**PRICE, "price": 5000.1, "trigger_method": 8}], True),
        ([{**PRICE, "price": 5000.0, "trigger_method": 4}], True),
        ([{"kind": 4, "is_more": True, "percent": 97}], True),
        ([{"kind": 4, "is_more": False, "percent": 97}], False),
        ([{"kind": 6, "con_id": ES, "is_more": True, "volume": 1000}], True),
        ([{"kind": 6, "con_id": ES, "is_more": True, "volume": 1001}], False),
        ([{"kind": 6, "con_id": AAPL, "is_more": True, "volume": 1}], False),
        ([{"kind": 7, "con_id": ES, "is_more": True, "change_percent": 24.9}], True),
        ([{"kind": 7, "con_id": ES, "is_more": False, "change_percent": 24.9}], False),
        ([{"kind": 2}], False),
    ],
)
def test_conditions_hold_or_do_not(conditions: list[dict[str, Any]], *, wanted: bool) -> None:
    trader = Trader()
    trader.prices.set(ES, 5000.0, 5000.25)
    trader.prices.by_con_id[ES] |= {"volume": "1000", "close": 4000.0}
    values = {**conditioned(*conditions).values, "client_id": 5}
    waiting = Order(values=values, contract={"con_id": AAPL}, perm_id=1)
    assert hold(waiting, trader.desk) is wanted


@pytest.mark.parametrize("ignores", [False, True])
def test_outside_regular_hours_prices_count_only_if_the_order_says_so(*, ignores: bool) -> None:
    night = dt.datetime(2026, 12, 4, 23, tzinfo=dt.UTC).timestamp()
    hours = Session("US/Eastern", (rule("mon-fri 04:00-20:00"),), (rule("mon-fri 09:30-16:00"),))
    trader = Trader(night, lambda _contract: hours)
    trader.prices.set(ES, 5010.0, 5010.25)
    said = trader.place(conditioned(PRICE, outside_rth=True, conditions_ignore_rth=ignores))
    assert statuses(said)[-1] == ("Filled" if ignores else "PreSubmitted")
