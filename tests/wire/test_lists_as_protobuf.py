"""Lists as protobuf: bare values are packed, tags and values are a map, the prices of a combination are in its legs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.wire.codec import Codec
from harness.wire.message import Message, Sender, Value

CODEC = Codec(208)


def read(payload: bytes, sender: Sender) -> Message:
    message = CODEC.decode(payload, sender)
    assert isinstance(message, Message)
    return message


DATES = ({"date": 1}, {"date": 300})


def test_bare_values_are_packed() -> None:
    payload = CODEC.encode(Message("req_executions", {"specific_dates": DATES}))
    assert payload.endswith(bytes.fromhex("4a 03 01 ac02"))
    assert read(payload, Sender.CLIENT)["specific_dates"] == DATES


def test_bare_values_are_read_one_by_one_too() -> None:
    payload = bytes.fromhex("000000cf 12 05 4801 48ac02")
    assert read(payload, Sender.CLIENT)["specific_dates"] == DATES


def test_tags_and_values_are_the_entries_of_a_map() -> None:
    params = ({"tag": "a", "value": "1"}, {"tag": "b", "value": ""})
    payload = CODEC.encode(Message("open_order", {"algo_params": params}))
    first, second = bytes.fromhex("f203 06 0a0161 120131"), bytes.fromhex("f203 03 0a0162")
    assert first + second in payload
    assert read(payload, Sender.GATEWAY)["algo_params"] == params


LEGS = ({"con_id": 1, "ratio": 2}, {"con_id": 3, "ratio": 4})


def test_the_prices_of_a_combination_are_in_its_legs() -> None:
    values: Mapping[str, Value] = {"combo_legs": LEGS, "order_combo_leg_prices": ({"price": 1.0}, {"price": None})}
    payload = CODEC.encode(Message("open_order", values))
    priced = bytes.fromhex("0801 1002 2800 3000 4000 49000000000000f03f")
    plain = bytes.fromhex("0803 1004 2800 3000 4000")
    assert b"\xa2\x01" + bytes([len(priced)]) + priced + b"\xa2\x01" + bytes([len(plain)]) + plain in payload
    assert read(payload, Sender.GATEWAY)["order_combo_leg_prices"] == ({"price": 1.0}, {"price": None})


@pytest.mark.parametrize("prices", [(), ({"price": None},), ({"price": None}, {"price": None})])
def test_a_combination_without_prices_has_an_empty_list_of_them(prices: tuple[Mapping[str, Value], ...]) -> None:
    payload = CODEC.encode(Message("open_order", {"combo_legs": LEGS, "order_combo_leg_prices": prices}))
    message = read(payload, Sender.GATEWAY)
    assert message["order_combo_leg_prices"] == ()
    assert isinstance(message["combo_legs"], tuple)
    assert [leg["con_id"] for leg in message["combo_legs"]] == [1, 3]
