"""Ids that are written into the bytes of a message are where they are when all of it is written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateways.replay.own_ids import Ids
from harness.gateways.replay.rewriting import _IDS, ORDERS
from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.message import Message

VERSIONS = (100, 144, 145, 157, 176, 178, 200, 201, 203, 223)
REST: dict[str, dict[str, Any]] = {
    "open_order": {"symbol": "AAPL", "total_quantity": "300", "combo_legs": ({"con_id": 1}, {"con_id": 2})},
    "order_status": {"status": "Filled", "filled": "7.5"},
    "execution_details": {"symbol": "日経", "exec_id": "0001.01", "price": 1.5},
}
NUMBERS = st.integers(-1, 2**31 - 1)


@given(st.sampled_from(sorted(ORDERS)), st.sampled_from(VERSIONS), st.data())
def test_other_ids_are_written_as_if_all_was_written(name: str, version: int, data: st.DataObject) -> None:
    known = [field.name for field in catalogue().by_name[name].fields if field.name in _IDS]
    ids = data.draw(st.fixed_dictionaries(dict.fromkeys(known, NUMBERS)))
    others = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(known, NUMBERS.filter(bool))))
    codec = Codec(version)
    found = Ids(name, codec.encode(Message(name, {**REST[name], **ids})), codec, _IDS)
    assert found.values == ids
    try:
        written = found.written(others)
    except ValueError:
        assert any(ids[field] == 0 for field in others)
        return
    assert written == codec.encode(Message(name, {**REST[name], **ids, **others}))


@given(st.sampled_from(sorted(ORDERS)), st.sampled_from(VERSIONS), st.binary(max_size=30))
def test_bytes_that_nobody_can_read_have_no_ids_or_keep_all_others(name: str, version: int, body: bytes) -> None:
    codec = Codec(version)
    head = codec.encode(Message(name))
    payload = head[: codec.split(head)[2]] + body
    try:
        found = Ids(name, payload, codec, _IDS)
        assert found.written({}) == payload
    except (ValueError, IndexError):
        pass


def test_an_id_that_protobuf_leaves_out_has_no_place() -> None:
    codec = Codec(223)
    head = codec.encode(Message("order_status"))[:4]
    found = Ids("order_status", head + b"\x08\x07", codec, _IDS)
    assert found.values["parent_id"] == 0
    with pytest.raises(ValueError, match="left out"):
        found.written({"parent_id": 5})
