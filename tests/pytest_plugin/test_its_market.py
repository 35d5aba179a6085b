"""The prices and the account of the gateway of a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.pytest_plugin.factory import Factory
from harness.pytest_plugin.ib_gateway import IBGateway
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import heard, limit, order, told
from tests.gateways.simulator.talk import Client
from tests.pytest_plugin.talking import LINE, talking


def test_a_price_that_is_set_is_quoted_and_fills_orders_at_once(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> tuple[list[Any], list[Message]]:
        await told(client, LINE)
        await told(client, limit(price=90.0, total_quantity="150"))
        ib_gateway.set_price("AAPL", bid=89.5, ask=90, size=100)
        filled = [each for each in await heard(client) if each.name == "execution_details"]
        ib_gateway.step(0.25)
        return [(each["shares"], each["price"]) for each in filled], await heard(client)

    filled, ticks = talking(ib_gateway, scenario)
    assert filled == [("100", 90.0)]
    prices = {tick["tick_type"]: tick["price"] for tick in ticks if tick.name == "tick_price"}
    assert {1: 89.5, 2: 90.0, 4: 89.5}.items() <= prices.items()


@pytest.mark.parametrize("market", ["moving", "still"])
@pytest.mark.parametrize(("contract", "con_id"), [("EUR.USD", 12087792), (12087792, 12087792)])
def test_a_contract_is_meant_by_its_local_symbol_or_con_id(
    ib_gateway_factory: Factory, market: str, contract: str | int, con_id: int
) -> None:
    gateway = ib_gateway_factory(market=market)
    gateway.set_price(contract, 1.5, 1.5001, last=1.6)
    wanted: dict[str, Any] = {
        "con_id": con_id,
        "symbol": "EUR",
        "sec_type": "CASH",
        "exchange": "IDEALPRO",
        "currency": "USD",
    }

    async def scenario(client: Client) -> None:
        await told(client, order(total_quantity="30", **wanted))

    talking(gateway, scenario)
    (placed,) = gateway.orders
    assert (placed.status, placed.average_price) == ("Filled", 1.5001)


@pytest.mark.ib_gateway(at="2026-12-02T10:00-05:00")
def test_a_contract_may_be_one_that_is_traded_only_by_now(ib_gateway: IBGateway) -> None:
    """An option that expires in a year and a half is none of those that there were at the start."""
    call = "SPY   280616C00600000"
    with pytest.raises(ValueError, match="no contract of this gateway has the local symbol"):
        ib_gateway.set_price(call, 1, 2)
    ib_gateway.step_to("2028-06-01T10:00-04:00")
    ib_gateway.set_price(call, 1, 2)


def test_an_account_is_empty_unless_it_is_to_hold_something(ib_gateway_factory: Factory) -> None:
    async def scenario(client: Client) -> tuple[set[str], dict[str, str]]:
        positions = await client.ask(Message("req_positions"), end="position_end")
        executions = await client.ask(Message("req_executions", {"req_id": 4}), end="execution_details_end")
        completed = await client.ask(Message("req_completed_orders"), end="completed_orders_end")
        working = await client.ask(Message("req_all_open_orders"), end="open_orders_end")
        tags: Mapping[str, Value] = {
            "req_id": 5,
            "group": "All",
            "tags": "NetLiquidation,TotalCashValue,GrossPositionValue",
        }
        summary = await client.ask(Message("req_account_summary", tags), end="account_summary_end")
        named = {each.name for each in (*positions, *executions, *completed, *working)}
        return named, {str(row["tag"]): str(row["value"]) for row in summary[:-1]}

    ends = {"position_end", "execution_details_end", "completed_orders_end", "open_orders_end"}
    cash = {"NetLiquidation": "976234.50", "TotalCashValue": "976234.50", "GrossPositionValue": "0.00"}
    for market in ("moving", "still"):
        assert talking(ib_gateway_factory(market=market), scenario) == (ends, cash)
        held, _ = talking(ib_gateway_factory(market=market, account="held"), scenario)
        assert held >= ends | {"position", "execution_details", "completed_order", "open_order"}


PNL = Message("req_pnl", {"req_id": 8, "account": "DU9000001"})


@pytest.mark.parametrize("market", ["moving", "still"])
def test_a_price_that_is_set_is_told_to_who_watches_the_profit(ib_gateway_factory: Factory, market: str) -> None:
    gateway = ib_gateway_factory(market=market, account="held")

    async def scenario(client: Client) -> tuple[Any, Any]:
        before = (await client.ask(PNL, end="pnl"))[-1]["unrealized_pnl"]
        gateway.set_price("AAPL", 200.5, 201.5, last=201)
        return before, [each["unrealized_pnl"] for each in await heard(client) if each.name == "pnl"][-1:]

    before, told_later = talking(gateway, scenario)
    assert told_later != []
    if market == "still":  # 100 shares that were valued at 190.5 are worth 201
        assert told_later == [pytest.approx(before + 1050)]


@pytest.mark.parametrize("market", ["moving", "still"])
def test_a_built_in_order_that_is_filled_is_none_of_the_tests_own(ib_gateway_factory: Factory, market: str) -> None:
    gateway = ib_gateway_factory(market=market, account="held")

    async def scenario(client: Client) -> list[str]:
        gateway.set_price("AAPL", 100, 101)
        listed = await client.ask(Message("req_executions", {"req_id": 4, "client_id": 7}), end="execution_details_end")
        return [each.text("shares") for each in listed if each.name == "execution_details"]

    assert talking(gateway, scenario) == ["100", "10"]
    assert gateway.orders == ()


@pytest.mark.ib_gateway(at="2026-12-02T15:59:58-05:00")
@pytest.mark.parametrize("is_set", [True, False])
def test_an_order_at_the_close_has_the_price_of_the_last_trade_or_the_one_that_was_set(
    ib_gateway: IBGateway, *, is_set: bool
) -> None:
    async def scenario(client: Client) -> None:
        await told(client, order(order_type="MOC"))

    talking(ib_gateway, scenario)
    if is_set:
        ib_gateway.set_price("AAPL", 10, 12, last=11)
    ib_gateway.step(1)
    (waits,) = ib_gateway.orders
    assert waits.status == "PreSubmitted"
    ib_gateway.step(1)
    (filled,) = ib_gateway.orders
    assert filled.status == "Filled"
    assert (filled.average_price == 11) is is_set


@pytest.mark.ib_gateway(fills="by hand")
def test_an_order_that_is_pegged_is_filled_by_hand_where_it_is(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, order(order_type="MIDPRICE", limit_price=9.0), order(102, order_type="LOC", limit_price=8.0))

    talking(ib_gateway, scenario)
    capped, closes = ib_gateway.orders
    assert (capped.limit, closes.limit) == (9.0, 8.0)
    assert [ib_gateway.fill(each).average_price for each in (capped, closes)] == [9.0, 8.0]
