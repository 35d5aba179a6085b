"""What follows a fill: positions, portfolio, values of the account, and profit, unasked to who watches them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.gateways.simulator.fresh_account import emptied
from harness.gateways.simulator.prices import StillPrices
from harness.gateways.simulator.set_prices import SetPrices
from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.trading.saved import Saved, restore, saved
from harness.gateways.simulator.truth import load
from harness.wire.catalogue import catalogue
from harness.wire.message import Message
from tests.gateways.simulator.market import AAPL, ACCOUNT, EMPTY_BOOK, HandPrices, heard, order
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.trader import START, Trader

VERSIONS = (157, 176, 203, 226)


def after(*requests: Message, watched: tuple[Message, ...], version: int = 226) -> list[Message]:
    """What is told unasked of each kind, beside the orders themselves."""
    ours = {"open_order", "order_status", "execution_details", "commission_report", "error"}

    async def scenario() -> list[Message]:
        async with (
            simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway,
            connected(gateway, 6, version) as client,
            connected(gateway, 5) as trader,
        ):
            await heard(client, *watched)
            await heard(trader, *requests)
            return [each for each in await heard(client) if each.name not in ours]

    return run(scenario())


@pytest.mark.parametrize("version", VERSIONS)
def test_who_watches_positions_is_told_of_one_that_changes(version: int) -> None:
    (bought,) = after(order(), watched=(Message("req_positions"),), version=version)
    assert (bought.name, bought["account"], bought["con_id"]) == ("position", ACCOUNT, AAPL)
    assert bought["position"] == "200"
    assert bought["average_cost"] == pytest.approx((100 * 187.25 + 100 * 100 + 1) / 200)


def test_each_holding_is_listed_once_whether_it_was_traded_or_not() -> None:
    trader = Trader()
    before = [each["con_id"] for each in trader.say("req_positions", {})[:-1]]
    trader.place(order())
    assert [each["con_id"] for each in trader.say("req_positions", {})[:-1]] == before
    assert len(set(before)) == len(before) > 3


def test_who_has_cancelled_is_told_no_more() -> None:
    watched = (Message("req_positions"), Message("cancel_positions"))
    assert after(order(), watched=watched) == []


def test_a_sale_of_all_leaves_nothing_and_realizes_a_profit() -> None:
    async def scenario() -> list[list[Message]]:
        async with simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway, connected(gateway, 5) as client:
            await heard(client, Message("req_positions"))
            sold = await heard(client, order(action="SELL"))
            return [sold, await client.ask(Message("req_positions"), end="position_end")]

    sold, listed = run(scenario())
    (report,) = [each for each in sold if each.name == "commission_report"]
    assert report["realized_pnl"] == pytest.approx(100 * (100.0 - 187.25) - 1.0)
    assert [each["position"] for each in sold if each.name == "position"] == ["0"]
    assert [(each["position"], each["average_cost"]) for each in listed if each.values.get("con_id") == AAPL] == [
        ("0", 0.0)
    ]


@pytest.mark.parametrize("asked", ["req_positions", "req_positions_multi", "req_account_updates"])
def test_what_was_closed_is_told_as_nothing_until_the_day_is_over(asked: str) -> None:
    """Captured of positions."""
    trader, fields = Trader(), {"req_id": 1, "account": ACCOUNT, "subscribe": True}
    request: dict[str, Any] = {name: fields[name] for name in catalogue().by_name[asked].defaults if name in fields}
    trader.place(order(action="SELL"))

    def held() -> list[Any]:
        return [each["position"] for each in trader.say(asked, request) if each.values.get("con_id") == AAPL]

    assert held() == ["0"]
    trader.now += 24 * 3600
    assert held() == []


@pytest.mark.parametrize("version", VERSIONS)
def test_account_updates_have_the_holding_and_the_values_that_have_changed(version: int) -> None:
    request = Message("req_account_updates", {"subscribe": True, "account": ACCOUNT})

    async def scenario() -> list[list[Message]]:
        async with (
            simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway,
            connected(gateway, 5, version) as client,
        ):
            before = await heard(client, request)
            return [before, await heard(client, order())]

    before, told = run(scenario())
    values = [
        {each.text("key"): each.text("value") for each in some if each.name == "account_value"}
        for some in (before, told)
    ]
    assert float(values[1]["TotalCashValue"]) == pytest.approx(float(values[0]["TotalCashValue"]) - 10_001)
    assert float(values[1]["NetLiquidation"]) == pytest.approx(float(values[0]["NetLiquidation"]) - 1)
    assert "AccountType" not in values[1]
    (holding,) = [each for each in told if each.name == "portfolio_value"]
    assert [holding[name] for name in ("position", "market_price", "market_value")] == ["200", 100.0, 20000.0]


def test_summaries_and_values_of_several_are_told_once_each() -> None:
    watched = (
        Message("req_account_summary", {"req_id": 1, "group": "All", "tags": "NetLiquidation,BuyingPower"}),
        Message("req_account_updates_multi", {"req_id": 2, "account": ACCOUNT}),
        Message("req_positions_multi", {"req_id": 3, "account": ACCOUNT}),
    )
    told = after(order(), watched=watched)
    assert {each["req_id"] for each in told} == {1, 2, 3}
    tags = {each.text("tag") for each in told if each.name == "account_summary"}
    assert tags == {"BuyingPower", "NetLiquidation"}
    assert [each["position"] for each in told if each.name == "position_multi"] == ["200"]


def test_profit_follows_the_price_and_what_was_sold() -> None:
    prices = HandPrices()
    watched = (
        Message("req_pnl", {"req_id": 1, "account": ACCOUNT}),
        Message("req_pnl_single", {"req_id": 2, "account": ACCOUNT, "con_id": AAPL}),
    )

    async def scenario() -> list[list[Message]]:
        async with simulated(prices=prices, truth=EMPTY_BOOK) as gateway, connected(gateway, 5) as client:
            said = [await heard(client, *watched), await heard(client, order(action="SELL", total_quantity="40"))]
            prices.set(AAPL, 110.0, 110.0)
            gateway.desk.tick()
            return [*said, await heard(client)]

    before, sold, moved = run(scenario())

    def of(messages: list[Message], name: str) -> list[Any]:
        return [each for each in messages if each.name == name]

    single = [of(some, "pnl_single")[-1] for some in (before, sold, moved)]
    assert [each["position"] for each in single] == ["100", "60", "60"]
    assert single[1]["realized_pnl"] == pytest.approx(40 * (100 - 187.25) - 1)
    assert single[2]["unrealized_pnl"] == pytest.approx(60 * (110 - 187.25))
    all_of_it = [of(some, "pnl")[-1]["daily_pnl"] for some in (before, sold, moved)]
    assert all_of_it[1] - all_of_it[0] == pytest.approx(-1)
    assert all_of_it[2] - all_of_it[1] == pytest.approx(600)


@pytest.mark.parametrize("kept", [False, True])
def test_the_profit_of_a_day_begins_with_the_day(*, kept: bool) -> None:
    """Documented. It once was that of all days, and so was what was realized."""
    trader = Trader(truth=emptied(load("paper")))
    trader.place(order(total_quantity="200"))
    trader.moves(AAPL, 110.0, 110.0)
    trader.place(order(102, action="SELL"))
    assert made(trader) == [100 * 10 * 2 - 2.0, 100 * 10 - 0.5, 100 * 10 - 1.5]
    trader.now += 24 * 3600
    trader.tick()
    if kept:
        document = Saved.model_validate(json.loads(json.dumps(saved(trader.desk, "x"))))
        trader = Trader(trader.now, truth=emptied(load("paper")))
        trader.prices.set(AAPL, 110.0, 110.0)
        restore(document, trader.desk)
    assert made(trader) == [0.0, 100 * 10 - 0.5, 0.0]
    trader.moves(AAPL, 115.0, 115.0)
    trader.place(order(103, action="SELL", total_quantity="50"))
    assert made(trader) == [100 * 5 - 1.0, 50 * 15 - 0.25, 50 * 15 - 1.25]


def made(trader: Trader) -> list[Any]:
    """The profit of the day, what is not realized and what is: of the account and of its only holding the same."""
    names = [f"{name}_pnl" for name in ("daily", "unrealized", "realized")]
    (whole,) = trader.say("req_pnl", {"req_id": 1, "account": ACCOUNT})
    (single,) = trader.say("req_pnl_single", {"req_id": 2, "account": ACCOUNT, "con_id": AAPL})
    told = trader.say("req_account_updates", {"subscribe": True, "account": ACCOUNT})
    (held,) = [each for each in told if each.name == "portfolio_value"]
    for req_id, cancel in ((1, "cancel_pnl"), (2, "cancel_pnl_single")):
        trader.say(cancel, {"req_id": req_id})
    assert [single.values.get(name, 0.0) for name in names] == [whole[name] for name in names]
    assert held["realized_pnl"] == whole["realized_pnl"]
    return [whole[name] for name in names]


def test_no_day_passes_in_a_market_that_stands_still_though_prices_are_set() -> None:
    prices, clock = SetPrices(StillPrices(load("paper"))), SteppedTime(START)

    async def scenario() -> list[Any]:
        async with simulated(prices=prices, timing=clock) as gateway, connected(gateway, 5) as client:
            told = []
            for days, price in ((0, 200.0), (1, 210.0)):
                clock.step(days * 24 * 3600)
                prices.set(AAPL, {"bid": price, "ask": price, "last": price})
                told += await heard(client, Message("req_pnl", {"req_id": days, "account": ACCOUNT}))
            return [message["daily_pnl"] for message in told if message.name == "pnl"]

    first, second = run(scenario())
    assert second - first == pytest.approx(100 * 10)
