"""The orders that a client places at a simulated gateway: what it is told of them, and that nobody else is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.gateways.simulator.truth import document
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import Client, connected, run, simulated

VERSIONS = (157, 176, 187, 202, 203, 226)
"""Text, text with raw ids, and protobuf."""

ORDER: Mapping[str, Value] = {
    "order_id": 101,
    "con_id": 265598,
    "symbol": "AAPL",
    "sec_type": "STK",
    "exchange": "SMART",
    "currency": "USD",
    "action": "BUY",
    "total_quantity": "1",
    "order_type": "LMT",
    "limit_price": 1.25,
    "time_in_force": "DAY",
    "account": "DU9000001",
    "transmit": True,
}
PLACE = Message("place_order", ORDER)
CANCEL = Message("cancel_order", {"order_id": 101})


async def told(client: Client, request: Message) -> list[tuple[str, Any]]:
    """Send a request; return what comes of it: each message with its status, code or order id."""
    client.say(request)
    said = [brief(message) for message in await client.ask(Message("req_ids"), end="next_valid_id")]
    return said[:-1]


def brief(message: Message) -> tuple[str, Any]:
    tells = {"open_order": "status", "order_status": "status", "error": "code"}
    return message.name, message.values.get(tells.get(message.name, ""))


PLACED = [
    ("open_order", "PreSubmitted"),
    ("order_status", "PreSubmitted"),
    ("open_order", "Submitted"),
    ("order_status", "Submitted"),
]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_taken_listed_and_cancelled(version: int) -> None:
    async def life() -> None:
        async with simulated() as gateway, connected(gateway, 5, version) as client:
            assert await told(client, PLACE) == PLACED
            for request, others in (("req_open_orders", 0), ("req_all_open_orders", 1)):
                listed = await told(client, Message(request))
                assert listed.count(("open_order", "Submitted")) == 1 + others
            assert await told(client, CANCEL) == [("order_status", "Cancelled"), ("error", 202)]
            assert await told(client, Message("req_open_orders")) == [("open_orders_end", None)]

    run(life())


@pytest.mark.parametrize("version", VERSIONS)
def test_an_open_order_has_what_was_sent_and_the_contract_in_full(version: int) -> None:
    async def placed() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 5, version) as client:
            return await client.ask(PLACE, end="order_status")

    order, status = run(placed())
    expected = {name: value for name, value in ORDER.items() if name != "transmit"}
    contract = {"local_symbol": "AAPL", "trading_class": "NMS"}
    assert {name: order[name] for name in (*expected, *contract)} == {**expected, **contract}
    assert (order["client_id"], order["perm_id"]) == (5, 900005101)
    assert {name: status[name] for name in ("order_id", "perm_id", "client_id", "filled", "remaining")} == {
        "order_id": 101,
        "perm_id": 900005101,
        "client_id": 5,
        "filled": "0",
        "remaining": "1",
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_what_if_order_is_weighed_and_nothing_else(version: int) -> None:
    async def weighed() -> tuple[list[Message], list[tuple[str, Any]]]:
        async with simulated() as gateway, connected(gateway, 5, version) as client:
            client.say(Message("place_order", {**ORDER, "total_quantity": "1", "limit_price": 1.0, "what_if": True}))
            heard = await client.ask(Message("req_ids"), end="next_valid_id")
            return heard, await told(client, Message("req_open_orders"))

    (order, next_id), listed = run(weighed())
    truth = document()["what_if"]
    since = 195  # of the margin's currency, as text
    shown = {name: value for name, value in truth.items() if name != "margin_currency" or version >= since}
    told_of_it = {name: order[name] for name in shown}
    assert told_of_it == {**shown, **{name: pytest.approx(shown[name]) for name in shown if "_change" in name}}
    assert order["what_if"] is True
    assert next_id["order_id"] == 102
    assert listed == [("open_orders_end", None)]


async def _others(*, apart: bool) -> list[list[tuple[str, Any]]]:
    """What others see of an order, whether they may cancel it, and what is left once its client has gone."""
    async with simulated(apart=apart) as gateway:
        async with connected(gateway, 5) as client, connected(gateway, 6) as other:
            await told(client, PLACE)
            seen = [await told(other, Message(name)) for name in ("req_open_orders", "req_all_open_orders")]
            seen.append(await told(other, CANCEL))
            seen.append(await told(client, CANCEL))
        async with connected(gateway, 7) as client:
            await told(client, PLACE)
        for client_id in (8, 7):
            async with connected(gateway, client_id) as later:
                seen.append(await told(later, Message("req_all_open_orders")))
    return seen


ONE = [("open_order", "Submitted"), ("order_status", "Submitted")]
END = [("open_orders_end", None)]
NOT_THEIRS, CANCELLED = [("error", 10147)], [("order_status", "Cancelled"), ("error", 202)]


def test_others_see_an_order_but_cannot_cancel_it_and_it_outlives_its_connection() -> None:
    seen = run(_others(apart=False))
    assert seen == [END, [*ONE, *ONE, *END], NOT_THEIRS, CANCELLED, *[[*ONE, *ONE, *END]] * 2]


def test_where_clients_are_apart_nobody_else_sees_an_order_and_it_outlives_its_connection() -> None:
    seen = run(_others(apart=True))
    assert seen == [END, [*ONE, *END], NOT_THEIRS, CANCELLED, [*ONE, *END], [*ONE, *ONE, *END]]


def test_a_client_that_is_forgotten_begins_again() -> None:
    async def again() -> list[Any]:
        async with simulated(apart=True) as gateway:
            async with connected(gateway, 7) as client:
                await told(client, PLACE)
            gateway.forget(7)
            async with connected(gateway, 7) as client:
                (next_id,) = await client.ask(Message("req_ids"), end="next_valid_id")
                return [next_id["order_id"], await told(client, Message("req_all_open_orders"))]

    assert run(again()) == [101, [*ONE, *END]]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOSUCH", "con_id": 0}, 200),
        ({"account": "U9000001"}, 321),
        ({"etrade_only": True}, 10268),
        ({"firm_quote_only": True}, 10269),
    ],
)
def test_an_order_is_refused_under_its_id(changes: dict[str, Value], code: int) -> None:
    async def refused() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 5, 176) as client:
            return await client.ask(Message("place_order", {**ORDER, **changes}), end="error")

    (error,) = run(refused())
    assert (error["req_id"], error["code"]) == (101, code)


def test_an_order_that_was_cancelled_can_be_neither_cancelled_nor_placed_again() -> None:
    async def again() -> list[list[tuple[str, Any]]]:
        async with simulated() as gateway, connected(gateway, 5) as client:
            await told(client, PLACE)
            await told(client, CANCEL)
            return [await told(client, CANCEL), await told(client, PLACE)]

    assert run(again()) == [[("error", 10148)], [("error", 103)]]


def test_a_changed_order_is_the_same_order() -> None:
    async def changed() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 5) as client:
            await told(client, PLACE)
            await told(client, Message("place_order", {**ORDER, "limit_price": 1.5}))
            return await client.ask(Message("req_open_orders"), end="open_orders_end")

    order, *_ = listed = run(changed())
    assert [message.name for message in listed] == ["open_order", "order_status", "open_orders_end"]
    assert (order["limit_price"], order["perm_id"]) == (1.5, 900005101)


def test_a_global_cancel_ends_what_the_client_has_placed() -> None:
    async def ended() -> list[tuple[str, Any]]:
        async with simulated() as gateway, connected(gateway, 5) as client:
            await told(client, PLACE)
            await told(client, Message("place_order", {**ORDER, "order_id": 102}))
            return await told(client, Message("req_global_cancel"))

    assert run(ended()) == [("order_status", "Cancelled"), ("error", 202)] * 2


@pytest.mark.parametrize("version", VERSIONS)
def test_a_read_only_gateway_refuses_all_about_orders_and_answers_the_rest(version: int) -> None:
    async def refused() -> None:
        async with simulated(scenario="read-only") as gateway, connected(gateway, 5, version) as client:
            for request, req_id in (
                (PLACE, 101),
                (CANCEL, 101),
                (Message("req_open_orders"), -1),
                (Message("req_all_open_orders"), -1),
                (Message("req_completed_orders"), -1),
                (Message("req_ids"), -1),
            ):
                (error,) = await client.ask(request, end="error")
                assert (error["req_id"], error["code"]) == (req_id, 321), request.name
                assert error.text("text").endswith("The API interface is currently in Read-Only mode.")
            assert (await client.ask(Message("req_positions"), end="position_end"))[0].name == "position"

    run(refused())
