"""Combinations: what they cost, what their fills are, and what their legs become."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from harness.gateways.simulator.sessions import Session, rule
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.trading.combos import combo_of, quote_of
from harness.wire.message import Message
from tests.gateways.simulator.market import AAPL, ACCOUNT, ES, EURUSD, brief, order, pair
from tests.gateways.simulator.trader import Trader

HOURS = Session("US/Eastern", (rule("mon-fri 04:00-20:00"),), (rule("mon-fri 09:30-16:00"),))
SPREAD: dict[str, Any] = {
    "con_id": 0,
    "symbol": "AAPL,ES",
    "sec_type": "BAG",
    "total_quantity": "2",
    "combo_legs": (
        {"con_id": AAPL, "ratio": 3, "action": "BUY", "exchange": "SMART"},
        {"con_id": ES, "ratio": 1, "action": "SELL", "exchange": "CME"},
    ),
}


def combo(**changes: Any) -> Message:
    return order(**{**SPREAD, **changes})


def priced() -> Trader:
    trader = Trader()
    trader.prices.set(AAPL, 100.0, 101.0, size="300")
    trader.prices.set(ES, 5000.0, 5001.0, size="7")
    return trader


def executions(messages: list[Message]) -> list[tuple[Any, ...]]:
    told = ("sec_type", "con_id", "side", "shares", "price")
    return [tuple(each[name] for name in told) for each in messages if each.name == "execution_details"]


def test_a_combination_costs_what_its_legs_do_less_than_nothing_too() -> None:
    trader = priced()
    legs: list[Any] = [{"con_id": AAPL}, {"con_id": ES}]
    quote: Any = quote_of(combo_of(combo(), legs), trader.prices.quote)
    sides = {name: quote[name] for name in ("bid", "ask", "last", "bid_size", "ask_size")}
    assert sides == {"bid": -4701.0, "ask": -4697.0, "last": -4700.0, "bid_size": "7", "ask_size": "7"}
    del trader.prices.by_con_id[ES]
    assert quote_of(combo_of(combo(), legs), trader.prices.quote) is None


@pytest.mark.parametrize(("count", "refused"), [(32, False), (33, True)])
def test_a_combination_has_no_more_legs_than_are_looked_at_in_no_time(count: int, *, refused: bool) -> None:
    legs = SPREAD["combo_legs"] * 17
    trader, asked = priced(), {name: combo()[name] for name in ("symbol", "sec_type", "exchange", "currency")}
    quoted = trader.say("req_market_data", {"req_id": 3, **asked, "combo_legs": legs[:count]})
    said = trader.place(combo(combo_legs=legs[:count]))
    assert [("error", 321) in [brief(each) for each in heard] for heard in (quoted, said)] == [refused, refused]


def test_a_fill_is_told_of_the_combination_then_of_each_leg_then_their_commissions() -> None:
    """In the order of a recording."""
    trader = priced()
    said = trader.place(combo())
    assert [brief(each) for each in said] == [
        *pair("Submitted"),
        *[("execution_details", "2"), *pair("Filled")],
        *[("execution_details", "6"), *pair("Filled")],
        *[("execution_details", "2"), *pair("Filled")],
        *2 * [*pair("Filled"), ("commission_report", None)],
    ]
    assert executions(said) == [
        ("BAG", 28812380, "BOT", "2", -4697.0),
        ("STK", AAPL, "BOT", "6", 101.0),
        ("FUT", ES, "SLD", "2", 5000.0),
    ]
    rows = [each for each in said if each.name == "execution_details"]
    assert [str(each["exec_id"]).count(".") for each in rows] == [3, 4, 4]
    assert [each["trading_class"] for each in rows] == ["COMB", "", ""]
    assert [each["average_price"] for each in rows] == [-4697.0, 101.0, 5000.0]
    assert [each["cumulative_quantity"] for each in rows] == ["2", "6", "2"]
    opened = [each for each in said if each.name == "open_order"][-1]
    assert (opened["con_id"], opened["trading_class"]) == (28812380, "COMB")
    assert (opened.values.get("commission"), opened["commission_currency"]) == (None, "USD")
    assert opened["combo_legs_description"] == f"{AAPL}|3,{ES}|-1"
    reports = [(each["exec_id"], each["commission"]) for each in said if each.name == "commission_report"]
    assert reports == [(rows[1]["exec_id"], 1.0), (rows[2]["exec_id"], 4.5)]


def test_the_legs_are_held_and_the_combination_is_not() -> None:
    trader = priced()
    before = {each: trader.desk.ledger.position(ACCOUNT, each) for each in (AAPL, ES)}
    trader.say("req_positions", {})
    said = trader.place(combo())
    after = {each: trader.desk.ledger.position(ACCOUNT, each) - before[each] for each in (AAPL, ES)}
    assert after == {AAPL: 6, ES: -2}
    assert [each["con_id"] for each in said if each.name == "position"] == [AAPL, ES]
    listed = trader.say("req_executions", {"req_id": 3})
    ours = {str(each["exec_id"]) for each in trader.told if each.name == "commission_report"}
    assert [each for each in map(brief, listed) if each[0] == "execution_details"][-3:] == [
        ("execution_details", each) for each in ("2", "6", "2")
    ]
    assert ours >= {str(each["exec_id"]) for each in listed if each.name == "commission_report"} - {
        str(each["exec_id"]) for each in trader.client.truth.commissions
    }


def test_a_limit_is_that_of_the_combination_and_the_first_leg_bears_the_rest() -> None:
    trader = priced()
    assert executions(trader.place(combo(order_type="LMT", limit_price=-4710.0))) == []
    assert executions(trader.moves(ES, 5020.0, 5021.0)) == [
        ("BAG", 28812380, "BOT", "2", -4710.0),
        ("STK", AAPL, "BOT", "6", pytest.approx(101 + 7 / 3)),
        ("FUT", ES, "SLD", "2", 5020.0),
    ]


def test_who_sells_a_combination_sells_what_it_buys() -> None:
    trader = priced()
    assert executions(trader.place(combo(action="SELL")))[1:] == [
        ("STK", AAPL, "SLD", "6", 100.0),
        ("FUT", ES, "BOT", "2", 5001.0),
    ]


def test_prices_of_legs_are_a_limit_together() -> None:
    trader = priced()
    prices = ({"price": 101.0}, {"price": 5001.0})
    said = trader.place(combo(order_type="LMT", limit_price=None, order_combo_leg_prices=prices))
    assert executions(said) == []
    assert len(executions(trader.moves(ES, 5001.0, 5002.0))) == 3


@pytest.mark.parametrize("legs", [(), ({"con_id": 7, "ratio": 1, "action": "BUY", "exchange": "SMART"},)])
def test_a_combination_without_legs_that_exist_is_refused(legs: Any) -> None:
    assert [brief(each) for each in priced().place(combo(combo_legs=legs))] == [("error", 200)]


def test_other_legs_make_another_order() -> None:
    trader = priced()
    trader.place(combo(order_type="LMT", limit_price=-4800.0))
    other = ({**SPREAD["combo_legs"][0], "con_id": EURUSD}, SPREAD["combo_legs"][1])
    said = trader.place(combo(order_type="LMT", limit_price=-4800.0, combo_legs=other))
    assert [brief(each) for each in said] == [("error", 105)]


def test_a_combination_is_quoted_and_follows_its_legs() -> None:
    """In parts, for the market that moves has no price of its own for it."""
    trader = priced()
    asked = {name: value for name, value in SPREAD.items() if name != "total_quantity"}
    said = trader.say("req_market_data", {**asked, "req_id": 3, "exchange": "SMART", "currency": "USD"})
    told = {each["tick_type"]: each["price"] for each in said if each.name == "tick_price"}
    assert told == {1: -4701.0, 2: -4697.0, 4: -4700.0}
    trader.prices.set(ES, 5010.0, 5011.0, size="7")
    later = [each for each in trader.client.streams.told_at(trader.now, Kind.QUOTES, 3) if each.name == "tick_price"]
    assert {each["tick_type"]: each["price"] for each in later} == {1: -4711.0, 2: -4707.0, 4: -4710.0}


def test_a_combination_is_traded_when_its_first_leg_is() -> None:
    night = dt.datetime(2026, 12, 5, 7, tzinfo=dt.UTC).timestamp()
    trader = Trader(night, lambda contract: HOURS if contract.get("con_id") == AAPL else None)
    trader.prices.set(ES, 5000.0, 5001.0)
    legs: Any = SPREAD["combo_legs"]
    assert [brief(each)[1] for each in trader.place(combo())] == [399, "PreSubmitted", "PreSubmitted"]
    told = trader.place(combo(order_id=102, combo_legs=tuple(reversed(legs))))
    assert 399 not in {brief(each)[1] for each in told}
