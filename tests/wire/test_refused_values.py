"""A value that does not fit its field is not written."""

from __future__ import annotations

from typing import Any

import pytest

from harness.wire.catalogue import Kind, catalogue
from harness.wire.codec import Codec
from harness.wire.message import Message, Sender
from tests.wire.hostile import offset_of

FIRST_PROTOBUF = 203

BAD_VALUES: list[tuple[str, str, Any]] = [
    ("managed_accounts", "accounts", "DU1\0DU2"),
    ("managed_accounts", "accounts", 5),
    ("managed_accounts", "accounts", "\ud800"),
    ("next_valid_id", "order_id", "5"),
    ("next_valid_id", "order_id", 5.0),
    ("next_valid_id", "order_id", True),
    ("next_valid_id", "order_id", 2**31),
    ("next_valid_id", "order_id", -(2**31) - 1),
    ("current_time", "time", 2**63),
    ("position", "average_cost", float("nan")),
    ("position", "average_cost", float("-inf")),
    ("position", "average_cost", 10**400),
    ("position", "average_cost", "1.5"),
    ("position", "position", 5),
    ("position", "position", "five"),
    ("position", "position", "Infinity"),
    ("position", "position", ""),
    ("position", "multiplier", "1e999"),
    ("position", "symbl", "AAPL"),
    ("req_account_updates", "subscribe", 1),
    ("open_order", "symbol", ["AAPL"]),
]


@pytest.mark.parametrize("version", [178, 226])
@pytest.mark.parametrize(("name", "field", "value"), BAD_VALUES)
def test_a_value_that_does_not_fit_its_field_is_not_written(version: int, name: str, field: str, value: Any) -> None:
    assert offset_of(lambda: Codec(version).encode(Message(name, {field: value}))) == 0


@pytest.mark.parametrize("version", [178, 226])
@pytest.mark.parametrize("value", [5, "ab", None, [5], [{"tag": 5}], [{"tg": "x"}]])
def test_a_list_that_does_not_fit_its_field_is_not_written(version: int, value: Any) -> None:
    assert offset_of(lambda: Codec(version).encode(Message("open_order", {"smart_combo_routing_params": value}))) == 0


@pytest.mark.parametrize("version", [200, 226])
@pytest.mark.parametrize("value", [[{"date": "x"}], [{"date": 2**31}], [20261120], [{"date": 1, "time": 2}]])
def test_a_list_of_bare_values_that_does_not_fit_its_field_is_not_written(version: int, value: Any) -> None:
    assert offset_of(lambda: Codec(version).encode(Message("req_executions", {"specific_dates": value}))) == 0


def test_a_list_of_bare_values_has_no_gaps_as_protobuf() -> None:
    assert offset_of(lambda: Codec(226).encode(Message("req_executions", {"specific_dates": [{"date": None}]}))) == 0


def test_every_kind_of_field_is_tried() -> None:
    tried = {f.kind for name, field, _ in BAD_VALUES for f in catalogue().by_name[name].fields if f.name == field}
    assert tried == set(Kind) - {Kind.LIST}


@pytest.mark.parametrize("version", [176, 202, 203, 226])
def test_an_offset_may_be_infinite_both_ways(version: int) -> None:
    """IBKR's client writes and reads ``Infinity``: up to the middle of bid and ask."""
    values: dict[str, Any] = {"order_type": "PEG BEST", "compete_against_best_offset": float("inf")}
    for name, sender in (("place_order", Sender.CLIENT), ("open_order", Sender.GATEWAY)):
        payload = Codec(version).encode(Message(name, values))
        read = Codec(version).decode(payload, sender)
        assert isinstance(read, Message)
        assert read["compete_against_best_offset"] == float("inf")
        assert (b"Infinity" in payload) == (version < FIRST_PROTOBUF)
