"""Orders at a replayed gateway: they have the numbers of whoever sends them."""

from __future__ import annotations

from typing import Any

import pytest

from harness.wire.message import Message
from tests.gateways.replay.asking import is_not_recorded, joined, names, replayed
from tests.recordings.making import Script

ORDER: dict[str, Any] = {"symbol": "AAPL", "order_type": "LMT", "limit_price": 10.0, "total_quantity": "1"}
EUR = {"symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO", "currency": "USD"}


def trading(version: int = 178) -> Script:
    """Record an order that is placed, listed, changed, and cancelled on a further connection."""
    script = Script()
    one = script.connect(version, client_id=7)
    script.asks(one, "req_open_orders")
    script.says(one, "open_orders_end")
    script.asks(one, "place_order", order_id=1, **ORDER)
    script.says(one, "open_order", order_id=1, client_id=7, symbol="AAPL", limit_price=10.0)
    script.says(one, "order_status", order_id=1, client_id=7, status="Submitted")
    script.asks(one, "req_open_orders")
    script.says(one, "open_order", order_id=1, client_id=7, symbol="AAPL", limit_price=10.0)
    script.says(one, "order_status", order_id=1, client_id=7, status="Submitted")
    script.says(one, "open_orders_end")
    script.asks(one, "place_order", order_id=1, **{**ORDER, "limit_price": 11.0})
    script.says(one, "open_order", order_id=1, client_id=7, symbol="AAPL", limit_price=11.0)
    script.ends(one)
    two = script.connect(version, client_id=7)
    script.asks(two, "cancel_order", order_id=1)
    script.says(two, "order_status", order_id=1, client_id=7, status="Cancelled")
    script.says(two, "error", req_id=1, code=202, text="Order Canceled - reason:")
    return script


@pytest.mark.parametrize(("recorded_at", "version"), [(178, 163), (178, 178), (202, 202), (223, 178), (223, 223)])
@pytest.mark.parametrize(("client_id", "number"), [(50, 30), (7, 30), (50, 1), (7, 1)])
def test_an_order_has_the_clients_own_numbers_wherever_it_is_told(
    recorded_at: int, version: int, client_id: int, number: int
) -> None:
    async def talk(port: int) -> list[Message]:
        async with joined(port, version=version, client_id=client_id) as asker:
            placed = await asker.asked("place_order", order_id=number, **ORDER)
            listed = await asker.asked("req_open_orders")
            changed = await asker.asked("place_order", order_id=number, **{**ORDER, "limit_price": 11.0})
        async with joined(port, version=version, client_id=client_id) as asker:
            assert asker.greeting[-1]["order_id"] == number + 1
            return [*placed, *listed, *changed, *await asker.asked("cancel_order", order_id=number)]

    heard = replayed(trading(recorded_at).recording(), talk)
    assert names(heard) == [
        *("open_order", "order_status", "open_order", "order_status", "open_orders_end", "open_order"),
        *("order_status", "error"),
    ]
    numbers = {each.values.get("order_id", each.values.get("req_id")) for each in heard} - {None}
    assert numbers == {number}
    assert {each["client_id"] for each in heard if "client_id" in each.values} == {client_id}


@pytest.mark.parametrize("version", [178, 223])
def test_a_client_may_call_one_order_as_it_was_and_the_next_one_otherwise(version: int) -> None:
    script = Script()
    one = script.connect(version, client_id=7)
    for number in (1, 2):
        script.asks(one, "place_order", order_id=number, **ORDER)
        script.says(one, "order_status", order_id=number, client_id=7, status="Submitted")
    script.asks(one, "req_open_orders")
    for number in (1, 2):
        script.says(one, "order_status", order_id=number, client_id=7, status="Submitted")
    script.says(one, "open_orders_end")

    async def talk(port: int) -> list[Message]:
        async with joined(port, version=version, client_id=7) as asker:
            placed = [await asker.asked("place_order", order_id=number, **ORDER) for number in (1, 32)]
            return [*placed[0], *placed[1], *await asker.asked("req_open_orders")]

    assert [each.values.get("order_id") for each in replayed(script.recording(), talk)] == [1, 32, 1, 32, None]


def test_the_next_order_id_is_above_what_the_client_has_used() -> None:
    script = trading()
    one = script.connect(client_id=7)
    script.asks(one, "req_ids", count=1)
    script.says(one, "next_valid_id", order_id=2)

    async def talk(port: int) -> list[Message]:
        async with joined(port) as asker:
            before = await asker.asked("req_ids", count=1)
            await asker.asked("place_order", order_id=30, **ORDER)
            return [*before, *await asker.asked("req_ids", count=1)]

    assert [each["order_id"] for each in replayed(script.recording(), talk)] == [2, 31]


def test_a_change_of_an_order_that_nobody_made_in_the_recording_is_refused() -> None:
    async def talk(port: int) -> list[Message]:
        async with joined(port) as asker:
            await asker.asked("place_order", order_id=30, **ORDER)
            return await asker.asked("place_order", order_id=30, **{**ORDER, "limit_price": 99.0})

    (refused,) = replayed(trading().recording(), talk)
    assert is_not_recorded(refused)


@pytest.mark.parametrize("own", [(1, 1), (5, 9), (9, 5)])
def test_an_order_may_have_the_number_of_a_request_that_is_answered(own: tuple[int, int]) -> None:
    stream, order = own
    script = Script()
    one = script.connect()
    script.asks(one, "req_market_data", req_id=1, **EUR)
    script.asks(one, "place_order", order_id=1, **ORDER)
    script.says(one, "tick_price", req_id=1, tick_type=1)
    script.says(one, "order_status", order_id=1, client_id=7, status="Submitted")
    script.asks(one, "cancel_market_data", req_id=1)
    script.asks(one, "cancel_order", order_id=1)
    script.says(one, "tick_price", req_id=1, tick_type=2)
    script.says(one, "order_status", order_id=1, client_id=7, status="Cancelled")
    script.says(one, "error", req_id=1, code=202, text="Order Canceled - reason:")

    async def talk(port: int) -> list[Message]:
        async with joined(port, client_id=7) as asker:
            heard = await asker.asked("req_market_data", req_id=stream, **EUR)
            heard += await asker.asked("place_order", order_id=order, **ORDER)
            heard += await asker.asked("cancel_market_data", req_id=stream)
            return heard + await asker.asked("cancel_order", order_id=order)

    replies = replayed(script.recording(), talk)
    heard = [(each.name, each.values.get("req_id", each.values.get("order_id"))) for each in replies]
    assert [number for name, number in heard if name == "tick_price"] in ([stream], [stream] * 2)
    assert [number for name, number in heard if name == "order_status"] == [order] * 2
    assert [number for name, number in heard if name == "error"] == [order]


def test_what_is_told_of_orders_after_a_later_one_calls_that_as_the_client_does() -> None:
    """Until then the client had called everything as it was called."""
    script = Script()
    one = script.connect(client_id=7)
    script.asks(one, "req_open_orders")
    script.asks(one, "place_order", order_id=1, **ORDER)
    script.now += 60.0
    script.says(one, "open_order", order_id=1, client_id=7, symbol="AAPL")
    script.says(one, "open_orders_end")

    async def talk(port: int) -> list[Message]:
        async with joined(port, client_id=7) as asker:
            asker.say(Message("req_open_orders"))
            asker.say(Message("place_order", {"order_id": 30, **ORDER}))
            return await asker.said(2)

    heard = replayed(script.recording(), talk)
    assert names(heard) == ["open_order", "open_orders_end"]
    assert heard[0]["order_id"] == 30
