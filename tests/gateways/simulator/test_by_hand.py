"""What a test may do to a simulated gateway: break a line, shut the port for a while, fill and reject orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.trading.matching import ADDED, Part
from harness.wire.message import Message
from tests.gateways.simulator.market import HandPrices, brief, fill, heard, limit, order, pair, told
from tests.gateways.simulator.talk import Client, connected, run, simulated


def test_a_broken_line_ends_one_client_and_frees_its_id() -> None:
    async def scenario() -> list[Any]:
        async with simulated() as gateway, connected(gateway, 5) as client, connected(gateway, 6) as other:
            await gateway.drop(5)
            left = gateway.clients
            async with connected(gateway, 5) as again:
                return [left, await client.ended(), await other.answers(), await again.answers()]

    assert run(scenario()) == [{6}, True, True, True]


def test_a_client_that_is_not_there_breaks_nothing() -> None:
    async def scenario() -> bool:
        async with simulated() as gateway, connected(gateway, 5) as client:
            await gateway.drop(6)
            return await client.answers()

    assert run(scenario())


def test_a_gateway_that_was_down_has_the_orders_of_before_at_the_same_port() -> None:
    async def scenario() -> list[str]:
        async with simulated() as gateway, connected(gateway, 5) as client:
            await told(client, limit())
            port = gateway.port
            await gateway.go_down()
            assert await client.ended()
            with pytest.raises(ConnectionRefusedError):
                await Client.connect(port)
            await gateway.come_up()
            again = await Client.connect(port)
            await again.greet()
            start = await again.start(5)
            await again.leave()
            return [message.name for message in start[:3]]

    assert run(scenario()) == ["open_order", "order_status", "open_orders_end"]


def test_no_quote_fills_an_order_that_is_filled_by_hand() -> None:
    async def scenario() -> None:
        async with simulated(prices=HandPrices()) as gateway, connected(gateway, 5) as client:
            gateway.desk.by_hand = True
            waiting = await told(client, order(time_in_force="IOC"))
            assert waiting == [*pair("PreSubmitted"), *pair("Submitted")]
            placed = gateway.desk.book.find(5, 101)
            assert placed is not None
            gateway.desk.fill(placed, Part(price=99.5, shares=Decimal(40), liquidity=ADDED))
            assert await told(client) == fill("40", "Submitted")
            gateway.desk.fill(placed, Part(price=98.5, shares=Decimal(60), liquidity=ADDED))
            filled = await heard(client)
            assert [brief(each) for each in filled] == fill("60")
            assert (filled[2]["average_fill_price"], filled[2]["last_fill_price"]) == (98.9, 98.5)

    run(scenario())


def test_an_order_is_rejected_with_any_code_and_text() -> None:
    async def scenario() -> tuple[list[Message], list[Any]]:
        async with simulated() as gateway, connected(gateway, 5) as client:
            await told(client, limit())
            placed = gateway.desk.book.find(5, 101)
            assert placed is not None
            gateway.desk.reject(placed, "No trading permissions.", 460)
            return await heard(client), await told(client, Message("req_open_orders"))

    rejected, listed = run(scenario())
    assert [brief(each) for each in rejected] == [*pair("Inactive"), ("error", 460), *pair("Inactive")]
    assert (rejected[2]["req_id"], rejected[2]["text"]) == (101, "No trading permissions.")
    assert listed == [("open_orders_end", None)]


def test_a_stepped_clock_says_what_is_waited_for() -> None:
    async def scenario() -> list[float | None]:
        clock = SteppedTime(1_000_000.5)
        before = clock.due
        async with simulated(timing=clock, prices=HandPrices()) as gateway, connected(gateway, 5) as client:
            await told(client, limit())
            return [before, await clock.awaited(), clock.due]

    assert run(scenario()) == [None, 1_000_001.0, 1_000_001.0]
