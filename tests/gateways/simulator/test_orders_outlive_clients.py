"""The orders of a simulated gateway belong to it: they outlive connections, and come unasked to who must know."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from harness.known.scenarios import Behaviour
from harness.wire.message import Message
from tests.gateways.simulator.market import (
    AAPL,
    EMPTY_BOOK,
    ENDED,
    HandPrices,
    brief,
    cancel,
    fill,
    heard,
    limit,
    order,
    pair,
    told,
)
from tests.gateways.simulator.talk import Client, connected, run, simulated, until_gone
from tests.gateways.simulator.trader import Trader

END = [("open_orders_end", None)]


async def starts(port: int, client_id: int, version: int = 226) -> tuple[Client, list[Message]]:
    """A client, and what it hears at its start."""
    client = await Client.connect(port, version)
    await client.greet()
    return client, await client.start(client_id)


@pytest.mark.parametrize("version", [157, 176, 203, 226])
def test_who_comes_back_is_told_its_orders_before_its_accounts_and_can_cancel_them(version: int) -> None:
    async def scenario() -> None:
        async with simulated() as gateway:
            async with connected(gateway, 5, version) as client:
                await told(client, limit(), limit(102))
                await told(client, cancel(102))
            await until_gone(gateway, 5)
            client, start = await starts(gateway.port, 5, version)
            assert [brief(each) for each in start[:4]] == [*pair("Submitted"), *END, ("managed_accounts", None)]
            assert (start[0]["order_id"], start[4]["order_id"]) == (101, 103)
            assert await told(client, cancel()) == ENDED
            await client.leave()

    run(scenario())


def test_ids_are_each_clients_own_and_refused_ones_count() -> None:
    async def scenario() -> list[Any]:
        async with simulated() as gateway, connected(gateway, 5) as client, connected(gateway, 6) as other:
            await told(client, limit(104, order_type="NONSENSE"))
            asked = [await each.ask(Message("req_ids"), end="next_valid_id") for each in (client, other)]
            ids = [answer[-1]["order_id"] for answer in asked]
            return [*ids, await told(client, limit(103))]

    assert run(scenario()) == [105, 101, [("error", 103)]]


@pytest.mark.parametrize("version", [176, 226])
def test_the_largest_id_is_the_last_that_a_client_is_told(version: int) -> None:
    """The next one could not be told: the client waited for it in vain at each start."""

    async def scenario() -> Any:
        async with simulated() as gateway:
            async with connected(gateway, 5, version) as client:
                await told(client, limit(2**31 - 1))
            await until_gone(gateway, 5)
            client, start = await starts(gateway.port, 5, version)
            await client.leave()
            return [message["order_id"] for message in start if message.name == "next_valid_id"]

    assert run(scenario()) == [2**31 - 1]


def test_a_fill_comes_unasked_to_its_client_and_to_the_master_alone() -> None:
    async def scenario() -> None:
        behaviour = Behaviour(master_client_id=9)
        async with (
            simulated(behaviour=behaviour, prices=HandPrices(), truth=EMPTY_BOOK) as gateway,
            connected(gateway, 5) as client,
            connected(gateway, 6) as other,
            connected(gateway, 9) as master,
        ):
            told_of_it = await told(client, order())
            assert told_of_it == [*pair("Submitted"), *fill("100")]
            assert await told(other) == []
            assert await told(master) == told_of_it
            await told(client, limit(102))
            second, start = await starts(gateway.port, 10)
            await second.leave()
            assert start[0].name == "managed_accounts"

    run(scenario())


def test_the_master_is_told_all_orders_at_its_start() -> None:
    async def scenario() -> list[Message]:
        async with simulated(behaviour=Behaviour(master_client_id=9)) as gateway, connected(gateway, 5) as client:
            await told(client, limit())
            master, start = await starts(gateway.port, 9)
            await master.leave()
            return start

    start = run(scenario())
    assert [brief(each) for each in start[:3]] == [*pair("Submitted"), *END]
    assert start[0]["client_id"] == 5


def test_an_order_is_filled_while_its_client_is_away_and_its_execution_is_told_to_all() -> None:
    prices = HandPrices()

    async def scenario() -> list[Message]:
        async with simulated(prices=prices, truth=EMPTY_BOOK) as gateway, connected(gateway, 6) as other:
            async with connected(gateway, 5) as client:
                await told(client, limit())
            await until_gone(gateway, 5)
            prices.set(AAPL, 89.0, 90.0)
            gateway.desk.tick()
            return await other.ask(Message("req_executions", {"req_id": 3}), end="execution_details_end")

    answer = run(scenario())
    names = ["execution_details"] * 2 + ["commission_report"] * 2 + ["execution_details_end"]
    assert [each.name for each in answer] == names
    shown = ("req_id", "client_id", "order_id", "shares", "price")
    assert [answer[1][name] for name in shown] == [3, 5, 101, "100", 90.0]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"client_id": 5}, 1),
        ({"client_id": 6}, 0),
        ({"side": "BUY", "client_id": 5}, 1),
        ({"side": "SELL", "client_id": 5}, 0),
        ({"symbol": "MSFT"}, 0),
        ({"exchange": "NASDAQ", "client_id": 5}, 1),
        ({"exchange": "ARCA"}, 0),
        ({"time": "20990101-00:00:00"}, 0),
    ],
)
def test_executions_are_found_by_what_is_asked(asked: dict[str, Any], found: int) -> None:
    async def scenario() -> list[Message]:
        async with simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway, connected(gateway, 5) as client:
            await told(client, order())
            return await client.ask(Message("req_executions", {"req_id": 3, **asked}), end="execution_details_end")

    assert [each.name for each in run(scenario())].count("execution_details") == found


@pytest.mark.parametrize(
    ("time", "names"),
    [
        ("20200101 00:00:00", ["error", "execution_details", "commission_report", "execution_details_end"]),
        ("20200101-00:00:00", ["execution_details", "commission_report", "execution_details_end"]),
        ("20200101 00:00:00 UTC", ["execution_details_end"]),
    ],
)
def test_the_time_of_a_filter_names_its_zone(time: str, names: list[str]) -> None:
    """Captured: without one there is a warning; the name of UTC after a space finds nothing."""

    async def scenario() -> list[Message]:
        async with simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway, connected(gateway, 5) as client:
            await told(client, order())
            request = Message("req_executions", {"req_id": 3, "client_id": 5, "time": time})
            return await client.ask(request, end="execution_details_end")

    answer = run(scenario())
    assert [each.name for each in answer] == names
    assert {each["code"] for each in answer if each.name == "error"} <= {2174}


DAYS: list[tuple[dict[str, Any], int]] = [
    ({}, 1),
    ({"time": "20200101-00:00:00"}, 1),
    ({"last_n_days": 1}, 1),
    ({"last_n_days": 3}, 2),
    ({"last_n_days": 5}, 3),
    ({"last_n_days": 365}, 3),
    ({"specific_dates": ({"date": 20261130},)}, 1),
    ({"specific_dates": ({"date": 20261130}, {"date": 20261204})}, 2),
    ({"specific_dates": ({"date": 20261201},)}, 0),
]
"""Executions of Monday last week, of Monday, Wednesday and Friday are there; what is asked, and how many come."""


@pytest.mark.parametrize(("asked", "found"), DAYS)
def test_executions_are_those_since_midnight_unless_days_are_asked_for(asked: dict[str, Any], found: int) -> None:
    """Captured: since midnight, and up to seven days; whose midnight is ours."""
    trader = Trader(dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC).timestamp())
    for number, days in enumerate((7, 2, 2, 0)):
        trader.place(order(101 + number))
        trader.now += days * 24 * 3600
    answer = trader.say("req_executions", {"req_id": 3, "client_id": 5, **asked})
    assert [each.name for each in answer].count("execution_details") == found
    assert [each.name for each in answer].count("commission_report") == found


def test_completed_orders_are_those_of_the_day() -> None:
    """Captured."""
    trader = Trader()
    trader.place(order())
    trader.now += 24 * 3600
    trader.place(order(102))
    completed = [each for each in trader.say("req_completed_orders", {}) if each.name == "completed_order"]
    assert [each.number("perm_id") % 1000 for each in completed[1:]] == [102]


def test_executions_cannot_be_asked_for_at_200_without_their_days() -> None:
    """Captured: 320; which days are asked for is in the request from 200 on."""

    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 5, 200) as client:
            fields = client.side.send(Message("req_executions", {"req_id": 3}))[4:].split(b"\0")
            body = b"\0".join(fields[:-3]) + b"\0"
            client.writer.write(len(body).to_bytes(4, "big") + body)
            return await heard(client)

    (refusal,) = run(scenario())
    assert (refusal["code"], refusal.text("text")[:22]) == (320, "Error reading request.")


def test_a_global_cancel_ends_the_orders_of_all_and_names_those_of_the_client_that_had_ended() -> None:
    async def scenario() -> None:
        async with simulated() as gateway, connected(gateway, 5) as client, connected(gateway, 6) as other:
            await told(client, limit(), limit(102))
            await told(client, cancel())
            await told(other, limit())
            assert await told(client, Message("req_global_cancel")) == [*ENDED, ("error", 161)]
            assert await told(other) == ENDED
            assert await told(other, Message("req_all_open_orders")) == END

    run(scenario())


@pytest.mark.parametrize(("client_id", "expected"), [(0, []), (5, [("error", 321)])])
def test_only_the_client_zero_may_bind_orders(client_id: int, expected: list[Any]) -> None:
    async def scenario() -> list[Any]:
        async with simulated() as gateway, connected(gateway, client_id) as client:
            return await told(client, Message("req_auto_open_orders", {"auto_bind": True}))

    assert run(scenario()) == expected


def test_orders_that_have_ended_are_completed_orders() -> None:
    async def scenario() -> list[Message]:
        async with simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway, connected(gateway, 5) as client:
            await told(client, order(), limit(102))
            await told(client, cancel(102))
            return await client.ask(Message("req_completed_orders"), end="completed_orders_end")

    _, filled, cancelled, _ = run(scenario())
    shown = ("status", "completed_status", "total_quantity", "filled_quantity")
    assert [filled[name] for name in shown] == ["Filled", "Filled Size: 100", "0", "100"]
    assert [cancelled[name] for name in shown] == ["Cancelled", "Cancelled by Trader", "100", "0"]
