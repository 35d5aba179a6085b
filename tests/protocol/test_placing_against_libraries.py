"""Orders placed and cancelled: what the real libraries write is read with its values, at every version.

Unlike other requests these are not written byte for byte: the libraries leave out different things of what is unset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from harness.protocol.codec import Codec
from harness.protocol.framing import FrameReader
from harness.protocol.message import Message, Sender, Value
from tests.protocol.against import Family

STOCK = {
    "class": "Contract",
    "conId": 265598,
    "symbol": "AAPL",
    "secType": "STK",
    "exchange": "SMART",
    "currency": "USD",
}
LIMIT = {
    "class": "Order",
    "action": "BUY",
    "totalQuantity": 3,
    "orderType": "LMT",
    "lmtPrice": 1.25,
    "tif": "DAY",
    "account": "DU9000001",
    "orderRef": "ours",
    "whatIf": True,
}
WHAT_IS_SENT: Mapping[str, Value] = {
    "order_id": 101,
    "con_id": 265598,
    "symbol": "AAPL",
    "sec_type": "STK",
    "exchange": "SMART",
    "currency": "USD",
    "action": "BUY",
    "order_type": "LMT",
    "limit_price": 1.25,
    "time_in_force": "DAY",
    "account": "DU9000001",
    "order_ref": "ours",
    "transmit": True,
    "what_if": True,
    "outside_rth": False,
    "algo_strategy": "",
    "combo_legs": (),
    "include_overnight": False,
    "imbalance_only": False,
}

REQUESTS: Mapping[str, tuple[Sequence[Any], str, Mapping[str, Value]]] = {
    "placeOrder": ([101, STOCK, LIMIT], "place_order", WHAT_IS_SENT),
    "cancelOrder": ([101, {"class": "OrderCancel"}], "cancel_order", {"order_id": 101}),
    "reqGlobalCancel": ([{"class": "OrderCancel"}], "req_global_cancel", {}),
}

FAMILY = Family(callbacks={}, requests=REQUESTS)


def read(row: str, method: str) -> list[tuple[int, Message]]:
    """Return what a library wrote for a method, as we read it, by version."""
    messages = []
    for version, answer in FAMILY.run(row):
        (payload,) = FrameReader().feed(bytes.fromhex(answer["sent"][method]))
        message = Codec(version).decode(payload, Sender.CLIENT)
        assert isinstance(message, Message)
        messages.append((version, message))
    return messages


@pytest.mark.parametrize("method", REQUESTS)
def test_every_value_is_read(row: str, method: str) -> None:
    _, name, values = REQUESTS[method]
    for version, message in read(row, method):
        assert message.name == name
        assert message.surplus == (), version
        assert {field: message[field] for field in values} == values, version


def test_the_quantity_is_read_however_it_is_written(row: str) -> None:
    assert {float(str(message["total_quantity"])) for _, message in read(row, "placeOrder")} == {3.0}
