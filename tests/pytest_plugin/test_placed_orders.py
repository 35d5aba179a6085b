"""The orders that a test finds at its gateway, and what it does to them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from harness.pytest_plugin.factory import Factory
from harness.pytest_plugin.ib_gateway import IBGateway
from tests.gateways.simulator.market import ENDED, cancel, fill, limit, order, pair, told
from tests.gateways.simulator.talk import Client
from tests.pytest_plugin.talking import talking


def test_an_order_is_shown_as_it_was_sent(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, limit(price=1.25, total_quantity="40", time_in_force="GTC"))

    talking(ib_gateway, scenario)
    (shown,) = ib_gateway.orders
    facts = (shown.id, shown.client, shown.account, shown.action, shown.quantity, shown.type, shown.limit, shown.stop)
    assert facts == (101, 5, "DU9000001", "BUY", Decimal(40), "LMT", 1.25, None)
    rest = (shown.time_in_force, shown.parent, shown.transmitted, shown.status, shown.filled, shown.remaining)
    assert rest == ("GTC", 0, True, "Submitted", Decimal(0), Decimal(40))
    contract = shown.contract
    named = (contract.con_id, contract.symbol, contract.sec_type, contract.exchange, contract.currency)
    assert named == (265598, "AAPL", "STK", "SMART", "USD")
    assert str(shown) == "order 101 of client 5 (BUY 40 AAPL LMT at 1.25, Submitted)"
    assert not hasattr(shown, "__dict__")


@pytest.mark.parametrize(
    ("kind", "limit_price", "stop"), [("MKT", None, None), ("STP", None, 9.5), ("STP LMT", 9.0, 9.5)]
)
def test_prices_that_an_order_does_not_have_are_none(
    ib_gateway: IBGateway, kind: str, limit_price: float | None, stop: float | None
) -> None:
    sent: dict[str, Any] = {"limit_price": limit_price, "aux_price": stop}

    async def scenario(client: Client) -> None:
        await told(client, order(order_type=kind, **{key: value for key, value in sent.items() if value is not None}))

    talking(ib_gateway, scenario)
    (shown,) = ib_gateway.orders
    assert (shown.limit, shown.stop) == (limit_price, stop)


def test_each_order_is_waited_for_once(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> list[int]:
        waiting = asyncio.create_task(asyncio.to_thread(ib_gateway.wait_for_order, action="BUY"))
        await told(client, limit(101), limit(102, action="SELL", price=900.0), limit(103))
        first = await waiting
        return [
            each.id for each in (first, ib_gateway.wait_for_order(), ib_gateway.wait_for_order(client=5, symbol="AAPL"))
        ]

    assert talking(ib_gateway, scenario) == [101, 102, 103]
    with pytest.raises(TimeoutError) as caught:
        ib_gateway.wait_for_order(symbol="AAPL", timeout=0.01)
    assert str(caught.value).startswith(
        "no such order (came: order 101 of client 5 (BUY 100 AAPL LMT at 90, Submitted); "
    )
    assert str(caught.value).endswith("connected: no client) within 0.01 s")


def test_an_order_is_filled_in_parts_at_its_limit_or_at_any_price(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> list[Any]:
        await told(client, limit(price=1.25))
        placed = ib_gateway.wait_for_order()
        part = ib_gateway.fill(placed, shares=40)
        assert (part.status, part.filled, part.remaining, part.average_price) == (
            "Submitted",
            Decimal(40),
            Decimal(60),
            1.25,
        )
        whole = ib_gateway.fill(placed, price=1.5)
        assert (whole.status, whole.filled, whole.average_price) == ("Filled", Decimal(100), 1.4)
        assert placed.filled == 0
        return await told(client)

    assert talking(ib_gateway, scenario) == [*fill("40", "Submitted"), *fill("60")]


@pytest.mark.ib_gateway(at="2026-12-06T12:00-05:00")
def test_an_order_is_filled_on_a_sunday_if_the_test_says_so(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, order())

    talking(ib_gateway, scenario)
    (waits,) = ib_gateway.orders
    assert waits.status == "PreSubmitted"
    assert ib_gateway.fill(waits, price=9).status == "Filled"


@pytest.mark.ib_gateway(fills="by hand")
def test_no_quote_fills_an_order_that_is_filled_by_hand(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, order())
        ib_gateway.set_price("AAPL", 10, 11)
        ib_gateway.step(60)
        placed = ib_gateway.wait_for_order()
        assert placed.status == "Submitted"
        assert ib_gateway.fill(placed).average_price == 11

    talking(ib_gateway, scenario)


def test_what_has_ended_cannot_be_changed_and_says_so(ib_gateway: IBGateway, ib_gateway_factory: Factory) -> None:
    async def scenario(client: Client) -> None:
        await told(client, limit(), limit(102, transmit=False))

    talking(ib_gateway, scenario)
    works, waits = ib_gateway.orders
    with pytest.raises(ValueError, match="cannot fill 101: 100 remain"):
        ib_gateway.fill(works, shares=101)
    with pytest.raises(ValueError, match="cannot fill 0: 100 remain"):
        ib_gateway.fill(works, shares=0)
    ended = ib_gateway.cancel(works)
    assert ended.status == "Cancelled"
    for change in (ib_gateway.fill, ib_gateway.reject, ib_gateway.cancel):
        with pytest.raises(ValueError, match=r"\(BUY 100 AAPL LMT at 90, Cancelled\) does not work any more"):
            change(ended)
    with pytest.raises(ValueError, match=r"not transmitted\) does not work yet"):
        ib_gateway.fill(waits)
    with pytest.raises(ValueError, match="this gateway has no such order"):
        ib_gateway_factory().fill(works)


def test_an_order_is_rejected_and_cancelled_by_the_test(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> list[Any]:
        await told(client, limit(), limit(102))
        first, second = ib_gateway.orders
        assert ib_gateway.reject(first, 460, "No trading permissions.").status == "Inactive"
        assert ib_gateway.cancel(second).status == "Cancelled"
        return await told(client)

    assert talking(ib_gateway, scenario) == [*pair("Inactive"), ("error", 460), *pair("Inactive"), *ENDED]


def test_a_status_is_waited_for(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> str:
        client.say(limit())
        placed = ib_gateway.wait_for_order()
        waiting = asyncio.create_task(asyncio.to_thread(ib_gateway.wait_for_status, placed, "Cancelled"))
        await told(client, cancel())
        with pytest.raises(TimeoutError, match=r"AAPL LMT at 90, Cancelled\) did not become Filled within 0.01 s"):
            ib_gateway.wait_for_status(placed, "Filled", timeout=0.01)
        return (await waiting).status

    assert talking(ib_gateway, scenario) == "Cancelled"


def test_a_quantity_is_exact(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, limit(total_quantity="0.3"))

    talking(ib_gateway, scenario)
    (placed,) = ib_gateway.orders
    assert ib_gateway.fill(placed, shares=0.1).remaining == Decimal("0.2")
