"""Payloads that are no message end in one error that says where, and never in a hang."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec, in_words
from harness.wire.message import Message, Sender, UnknownMessage, Value
from harness.wire.text import MAX_FIELDS
from tests.wire.hostile import assert_read_or_refused, fields, offset_of

# Message ids.


@pytest.mark.parametrize(
    "payload", [b"", b"\0", b"9", b"x\0", b"-9\0", b" 9\0", b"9" * 5000 + b"\0", "\u0669\0".encode()]
)
def test_a_text_payload_without_an_id_is_refused_at_its_start(payload: bytes) -> None:
    assert offset_of(lambda: Codec(178).decode(payload, Sender.GATEWAY)) == 0


@pytest.mark.parametrize("payload", [b"", b"\0", b"\0\0\0"])
def test_a_payload_too_short_for_its_raw_id_is_refused_at_its_start(payload: bytes) -> None:
    assert offset_of(lambda: Codec(201).decode(payload, Sender.GATEWAY)) == 0


def test_a_huge_raw_id_is_an_unknown_message() -> None:
    message = Codec(201).decode(b"\xff\xff\xff\xff", Sender.CLIENT)
    assert isinstance(message, UnknownMessage)
    assert message.id == 2**32 - 1 - 200


# Text bodies.


BAD_TEXT = [
    (178, Sender.GATEWAY, b"9\x001\x005", 5, "no NUL at the end"),
    (178, Sender.GATEWAY, fields("9", "1"), 4, "ends early"),
    (178, Sender.GATEWAY, fields("9"), 2, "has no field at all"),
    (178, Sender.GATEWAY, fields("9", "1", "5x"), 4, "no number"),
    (178, Sender.GATEWAY, fields("9", "1", "9" * 5000), 4, "5000 digits"),
    (178, Sender.GATEWAY, fields("9", "1", "2147483648"), 4, "over 32 bits"),
    (178, Sender.GATEWAY, fields("9", "1", "-2147483649"), 4, "under 32 bits"),
    (178, Sender.GATEWAY, fields("9", "1", "\u0665"), 4, "a digit that is not ASCII"),
    (178, Sender.GATEWAY, fields("9", "1", "1_0"), 4, "a number as Python writes it"),
    (178, Sender.GATEWAY, fields("9", "1", " 5"), 4, "a blank before it"),
    (178, Sender.GATEWAY, fields("15", "1", b"DU\xff1"), 7, "no UTF-8"),
    (178, Sender.GATEWAY, fields("15", b"\xc3", "DU1"), 3, "no UTF-8 where nobody looks"),
    (178, Sender.GATEWAY, fields("4", "2", "-1", "326", b"in \xc3use"), 14, "no UTF-8 after other fields"),
    (201, Sender.GATEWAY, b"\0\0\0\x09" + fields("1", "x"), 6, "after a raw id"),
    (178, Sender.CLIENT, fields("6", "2", "yes", "DU1"), 4, "no flag"),
    (200, Sender.CLIENT, fields("7", "3", "1", "0", *[""] * 6, "5", "1000000000"), 16, "10^9 items promised"),
    (200, Sender.CLIENT, fields("7", "3", "1", "0", *[""] * 6, "5", "9" * 5000), 16, "5000 digits of items"),
    (200, Sender.CLIENT, fields("7", "3", "1", "0", *[""] * 6, "5", "-1"), 16, "fewer than no items"),
    (200, Sender.CLIENT, fields("7", "3", "1", "0", *[""] * 6, "5", "²"), 16, "a count that is no ASCII digit"),
    (200, Sender.CLIENT, fields("7", "3", "1", "0", *[""] * 6, "5", "2", "20261120"), 16, "one item too few"),
    (178, Sender.GATEWAY, fields("9") + b"\0" * (MAX_FIELDS + 1), 2, "too many fields"),
]


@pytest.mark.parametrize(
    ("version", "sender", "payload", "offset"), [pytest.param(*case[:4], id=case[4]) for case in BAD_TEXT]
)
def test_a_bad_text_body_is_refused_where_it_is_bad(version: int, sender: Sender, payload: bytes, offset: int) -> None:
    assert offset_of(lambda: Codec(version).decode(payload, sender)) == offset


@pytest.mark.parametrize("text", ["nan", "NaN", "-Infinity", "1.7976931348623157E308", "1e999", ".5", "5.", "+5e-3"])
def test_any_number_that_a_gateway_may_print_is_read(text: str) -> None:
    payload = fields("59", "1", "exec", text, "USD", text, text, "")
    message = Codec(178).decode(payload, Sender.GATEWAY)
    assert isinstance(message, Message)
    assert isinstance(message["commission"], float)
    assert in_words(message).startswith("commission report")


@pytest.mark.parametrize("text", ["1_0.5", "0x10", "\u0661.\u0665", " 1", "1,5", "--1", "e5", ".", "1" * 401, "nan1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    decimal = fields("61", "3", "DU1", *[""] * 11, text, "0")
    assert offset_of(lambda: Codec(178).decode(decimal, Sender.GATEWAY)) == 20
    number = fields("59", "1", "exec", text, "USD", "", "", "")
    assert offset_of(lambda: Codec(178).decode(number, Sender.GATEWAY)) == 10


# Protobuf bodies.


def protobuf(name: str, **values: Value) -> bytes:
    return Codec(226).encode(Message(name, values))


BAD_PROTOBUF = [
    ("managed_accounts", b"\x0a\x05DU1", 4, "a length past the end"),
    ("managed_accounts", b"\x0a\x03DU1\x0a", 9, "a second field cut off"),
    ("managed_accounts", b"\x0a\x03D\xff1", 7, "no UTF-8"),
    ("managed_accounts", b"\x10\x01\x0a\x03\xe2\x82x", 8, "no UTF-8 after an unknown field"),
    ("position", b"\x12\x05\x12\x03A\xffB", 9, "no UTF-8 in a message inside"),
    ("position", b"\x12\x03\x12\x09A", 6, "cut off in a message inside"),
    ("open_order", b"\x12\x06\xa2\x01\x03\x1a\x01\xff", 11, "no UTF-8 in an item of a list"),
    ("open_order", b"\x12\x05\xa2\x01\x09\x1a\x00", 6, "an item of a list cut off"),
    ("req_executions", b"\x12\x04\x4a\x02\x05\x80", 9, "a number cut off in a run of numbers"),
    ("open_order", b"\x22\x06\xda\x01\x03\x12\x01x", 4, "a decimal in a list that is no number"),
    ("next_valid_id", b"\x08" + b"\xff" * 10, 4, "a number without end"),
    ("next_valid_id", b"\x08" + b"\xff" * 5, 4, "a number cut off"),
    ("next_valid_id", b"\x0f\x01", 4, "a wire type that does not exist"),
    ("next_valid_id", b"\x00\x01", 4, "a field number that does not exist"),
    ("next_valid_id", b"\xff" * 12, 4, "a field number without end"),
    ("next_valid_id", b"\x0c", 4, "the end of a group that did not begin"),
    ("next_valid_id", b"\x11\x01\x02", 4, "eight bytes cut off"),
    ("next_valid_id", b"\x15\x01\x02", 4, "four bytes cut off"),
    ("next_valid_id", b"\x12" + b"\xff" * 9 + b"\x01", 4, "a huge length"),
    ("position", b"\x1a\x01x", 4, "a decimal that is no number"),
    ("next_valid_id", b"\x0a\x015\x0f", 7, "bad after a field of another wire type"),
]


@pytest.mark.parametrize(("name", "body", "offset"), [pytest.param(*case[:3], id=case[3]) for case in BAD_PROTOBUF])
def test_a_bad_protobuf_body_is_refused_where_it_is_bad(name: str, body: bytes, offset: int) -> None:
    kind = catalogue().by_name[name]
    payload = struct.pack(">I", kind.id + 200) + body
    assert offset_of(lambda: Codec(226).decode(payload, kind.sender)) == offset


@pytest.mark.parametrize(
    "body", [b"\x0a\x015", b"\x0d\x05\0\0\0", b"\x9a\x06\x01x", b"\x11" + b"x" * 8 + b"\x1d" + b"x" * 4 + b"\x20\x01"]
)
def test_a_field_of_another_wire_type_or_number_is_skipped(body: bytes) -> None:
    payload = b"\0\0\0\xd1" + body
    assert Codec(226).decode(payload, Sender.GATEWAY) == Message("next_valid_id", {"order_id": 0})


@pytest.mark.parametrize(
    "payload",
    [
        protobuf("error", req_id=-1, code=326, text="Unable to connect", time_ms=1_700_000_000_000),
        protobuf("position", account="DU1", symbol="AAPL", position="100", multiplier="50", average_cost=1.5),
        protobuf("open_order", order_id=7, symbol="ü", limit_price=1.5, soft_dollar_tier_name="x", status="Filled"),
    ],
    ids=["error", "position", "open order"],
)
def test_every_start_of_a_protobuf_body_is_read_or_refused_inside_it(payload: bytes) -> None:
    for end in range(4, len(payload)):
        assert_read_or_refused(Codec(226), payload[:end], Sender.GATEWAY)


# Anything at all.


versions = st.one_of(st.integers(-1, 300), st.sampled_from([178, 200, 201, 203, 213, 226]))
ids = st.sampled_from(sorted({kind.id for kind in catalogue().by_name.values()}))
rubbish = st.one_of(
    st.binary(max_size=80),
    st.lists(st.sampled_from([b"", b"0", b"1", b"-1", b"99", b"1e5", b"x", b"\xff"]), max_size=150).map(
        lambda parts: b"".join(part + b"\0" for part in parts)
    ),
)
payloads = st.one_of(
    st.binary(max_size=60),
    st.builds(lambda number, body: str(number).encode() + b"\0" + body, ids, rubbish),
    st.builds(lambda number, body: struct.pack(">I", number) + body, ids, rubbish),
    st.builds(lambda number, body: struct.pack(">I", number + 200) + body, ids, rubbish),
)


@given(version=versions, sender=st.sampled_from(Sender), payload=payloads)
def test_any_payload_is_a_message_or_refused_inside_it(version: int, sender: Sender, payload: bytes) -> None:
    assert_read_or_refused(Codec(version), payload, sender)
