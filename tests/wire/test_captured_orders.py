"""Orders as they were captured on a real connection: a what-if answer, an order that rests, conditions, a cancellation.

Published in ibkr-go's transcripts of a paper Gateway at server version 225 (accounts, references and ids replaced).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pytest

from harness.wire.codec import Codec
from harness.wire.framing import FrameReader
from harness.wire.message import Message, Sender, Value

WHAT_IF = (
    "AAABqQAAAM0IsAQSLwj+mhASBEFBUEwaA1NUSykAAAAAAAAAAEIFU01BUlRSA1VTRFoEQUFQTGIDTk1TGvoBCAEQsAQYsLjEwyEgACoDQlVZMgMx"
    "MDBCA01LVEkAAAAAAAAAAFEAAAAAAAAAAFoDREFZYglEVTkwMDAwMDF6AklC4gEkc2FuaXRpemVkLW9yZGVyLXJlZi0wMDAwMDAwMDAwMDAwMDAz"
    "8AED+AEAsAIAwAIAygIETm9uZfACAIgEAagEALAEAMAE////////////AeoFBE5vbmWQBgD4BgGaBwEwsgcpTm90IGFuIGluc2lkZXIgb3Igc3Vi"
    "c3RhbnRpYWwgc2hhcmVob2xkZXLABwDQBwCACGSJCHsUrkfhepQ/yggNcGFwZXItdXNlci0wMfAIAPgIASJyCgxQcmVTdWJtaXR0ZWQRMzMzMz8r"
    "AkEZ9ihcj3gvAEEhhetRuH/cMUEpQDMzM7MusUAxgD0K16M9r0A5AAAgMzMz679BzczMzLS0AkFJ7FG4Hm+sAEFR7FG43n7cMUFZUwWjkjoB8D9y"
    "A1VTRHoDRVVS"
)
RESTING = (
    "AAABOgAAAM0IggQSLwj+mhASBEFBUEwaA1NUSykAAAAAAAAAAEIFU01BUlRSA1VTRFoEQUFQTGIDTk1TGu8BCAEQggQYgtaTrQMgACoDQlVZMgEx"
    "QgNMTVRJAAAAAAAAJEBRAAAAAAAAAABaA0RBWWIJRFU5MDAwMDAxegJJQrkBAAAAAAAAJkDiASRzYW5pdGl6ZWQtb3JkZXItcmVmLTAwMDAwMDAw"
    "MDAwMDAwMDHwAQP4AQCwAgDAAgDKAgROb25l8AIAqAQAsAQAwAT///////////8B6gUETm9uZZAGAPgGAZoHATCyBylOb3QgYW4gaW5zaWRlciBv"
    "ciBzdWJzdGFudGlhbCBzaGFyZWhvbGRlcsAHANAHAMoIDXBhcGVyLXVzZXItMDHwCAAiDgoMUHJlU3VibWl0dGVk"
)
IN_TIME = (
    "AAABZAAAAM0I6AMSLwj+mhASBEFBUEwaA1NUSykAAAAAAAAAAEIFU01BUlRSA1VTRFoEQUFQTGIDTk1TGpkCCAEQ6AMY6NWTrQMgACoDQlVZMgEx"
    "QgNMTVRJAAAAAAAAJEBRAAAAAAAAAABaA0RBWWIJRFU5MDAwMDAxegJJQrkBAAAAAAAAJkDiASRzYW5pdGl6ZWQtb3JkZXItcmVmLTAwMDAwMDAw"
    "MDAwMDAwMDHwAQP4AQCwAgDAAgDKAgROb25l8AIAqAQAsAQAwAT///////////8B6gUETm9uZZAGAKIGJAgDEAEYAWIcMjAyNjA4MjQgMTY6NDg6"
    "MDkgVVMvRWFzdGVybrAGAfgGAZoHATCyBylOb3QgYW4gaW5zaWRlciBvciBzdWJzdGFudGlhbCBzaGFyZWhvbGRlcsAHANAHAMoIDXBhcGVyLXVz"
    "ZXItMDHwCAAiDgoMUHJlU3VibWl0dGVk"
)
AT_A_PRICE = (
    "AAAAugAAAMsI5wMSGwj+mhASBEFBUEwaA1NUS0IFU01BUlRSA1VTRBqRASAAKgNCVVkyATE4AEIDTE1USQAAAAAAACRAWgNEQVliCURVOTAwMDAw"
    "MeIBJHNhbml0aXplZC1vcmRlci1yZWYtMDAwMDAwMDAwMDAwMDAwMfABAPgBAJAEAagEAMAE////////////AZAGAKIGHAgBEAEYASD+mhAqBVNN"
    "QVJUUQAAAAAAQJ9AWASwBgHKBgAiAA=="
)

FRAMES: list[tuple[Sender, str, str, Mapping[str, Value]]] = [
    (
        Sender.GATEWAY,
        WHAT_IF,
        "open_order",
        {
            "order_id": 560,
            "perm_id": 9000000560,
            "what_if": True,
            "status": "PreSubmitted",
            "init_margin_before": 148839.9,
            "init_margin_change": 4398.700000000012,
            "equity_with_loan_after": 1170558.87,
            "commission": 1.0003,
            "commission_currency": "USD",
            "margin_currency": "EUR",
            "warning_text": "",
        },
    ),
    (
        Sender.GATEWAY,
        RESTING,
        "open_order",
        {
            "order_id": 514,
            "client_id": 1,
            "account": "DU9000001",
            "local_symbol": "AAPL",
            "order_type": "LMT",
            "total_quantity": "1",
            "limit_price": 10.0,
            "status": "PreSubmitted",
            "what_if": False,
            "conditions": (),
            "commission": None,
        },
    ),
    (Sender.CLIENT, "AAAACQAAAMwIggQSAA==", "cancel_order", {"order_id": 514, "manual_cancel_time": ""}),
    (
        Sender.GATEWAY,
        "AAAAPQAAAMsIggQSCUNhbmNlbGxlZBoBMCIBMSkAAAAAAAAAADCC1pOtAzgAQQAAAAAAAAAASAFZAAAAAAAAAAA=",
        "order_status",
        {"order_id": 514, "status": "Cancelled", "filled": "0", "remaining": "1", "perm_id": 900000514, "client_id": 1},
    ),
    (
        Sender.GATEWAY,
        "AAAAKwAAAMwIggQQoLG4rIM0GMoBIhhPcmRlciBDYW5jZWxlZCAtIHJlYXNvbjo=",
        "error",
        {"req_id": 514, "code": 202, "text": "Order Canceled - reason:", "time_ms": 1787604900000},
    ),
]


def read(sender: Sender, wire: str) -> Message:
    (payload,) = FrameReader().feed(base64.b64decode(wire))
    message = Codec(225).decode(payload, sender)
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize(("sender", "wire", "name", "values"), FRAMES)
def test_a_captured_order_is_read(sender: Sender, wire: str, name: str, values: Mapping[str, Value]) -> None:
    message = read(sender, wire)
    assert message.name == name
    assert {key: message[key] for key in values} == values


CONDITIONS: list[tuple[Sender, str, Mapping[str, Value]]] = [
    (
        Sender.CLIENT,
        AT_A_PRICE,
        {"kind": 1, "price": 2000.0, "con_id": 265598, "exchange": "SMART", "trigger_method": 4},
    ),
    (Sender.GATEWAY, IN_TIME, {"kind": 3, "time": "20260824 16:48:09 US/Eastern", "price": None}),
]


@pytest.mark.parametrize(("sender", "wire", "expected"), CONDITIONS)
def test_a_captured_condition_is_read(sender: Sender, wire: str, expected: Mapping[str, Value]) -> None:
    message = read(sender, wire)
    assert isinstance(message["conditions"], tuple)
    (condition,) = message["conditions"]
    assert {key: condition[key] for key in expected} == expected
    assert (condition["conjunction"], condition["is_more"]) == (True, True)
    assert (message["conditions_ignore_rth"], message["conditions_cancel_order"]) == (True, False)


def test_the_trailing_stop_price_is_written_twice_and_the_last_one_counts() -> None:
    codec = Codec(178)
    written = codec.encode(Message("open_order", {"trail_stop_price": 97.79}))
    assert written.split(b"\0").count(b"97.79") == 2
    message = codec.decode(written.replace(b"97.79", b"", 1), Sender.GATEWAY)
    assert isinstance(message, Message)
    assert message["trail_stop_price"] == 97.79


def test_a_scale_without_increment_has_no_details() -> None:
    for increment in (None, 0.0, -1.0):
        payload = Codec(178).encode(
            Message("open_order", {"scale_price_increment": increment, "scale_init_position": 5})
        )
        message = Codec(178).decode(payload, Sender.GATEWAY)
        assert isinstance(message, Message)
        assert message["scale_init_position"] is None
