"""Bytes that are not the protocol end in one error that says where, with bounded memory, and never in a hang."""

from __future__ import annotations

import contextlib
import struct
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.protocol.catalogue import Kind, catalogue
from harness.protocol.codec import Codec
from harness.protocol.errors import ProtocolError
from harness.protocol.framing import MAX_FRAME, FrameReader, encode_frame
from harness.protocol.hello import MAX_HELLO, Hello, HelloReader, VersionReply, parse_version_reply
from harness.protocol.message import Message, Sender, UnknownMessage, Value
from harness.protocol.side import ClientSide, GatewaySide
from harness.protocol.text import MAX_FIELDS
from harness.protocol.words import in_words

START = encode_frame(b"71\x002\x007\0\0")
REPLY = VersionReply(server_version=178, connection_time="20261120 15:30:59 EST")


def offset_of(act: Callable[[], Any]) -> int:
    """Return where an action says that it failed."""
    with pytest.raises(ProtocolError) as caught:
        act()
    assert f" at byte {caught.value.offset}" in str(caught.value)
    assert len(caught.value.excerpt) <= 32
    return caught.value.offset


def fields(*texts: str | bytes) -> bytes:
    return b"".join((text.encode() if isinstance(text, str) else text) + b"\0" for text in texts)


# Frames.


@pytest.mark.parametrize("length", [0, MAX_FRAME + 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
def test_an_impossible_frame_length_is_refused_where_it_stands(length: int) -> None:
    reader = FrameReader()
    taken = reader.feed(encode_frame(b"good") + struct.pack(">I", length) + b"x" * 100_000)
    assert next(taken) == b"good"
    assert offset_of(lambda: next(taken)) == 8
    assert reader.pending <= 16


def test_a_stream_that_was_bad_stays_bad_and_keeps_nothing() -> None:
    reader = FrameReader(offset=5)
    for _ in range(3):
        assert offset_of(lambda: list(reader.feed(b"\0\0\0\0" + encode_frame(b"x") * 9))) == 5
        assert reader.pending <= 16


def test_the_longest_frame_is_read_and_a_longer_one_is_not_written() -> None:
    longest = bytes(MAX_FRAME)
    assert list(FrameReader().feed(encode_frame(longest))) == [longest]
    assert offset_of(lambda: encode_frame(longest + b"x")) == 0


def test_an_unfinished_frame_holds_no_more_than_its_bytes() -> None:
    reader = FrameReader()
    assert list(reader.feed(struct.pack(">I", MAX_FRAME))) == []
    assert reader.pending == 4
    for _ in range(64):
        assert list(reader.feed(bytes(1024))) == []
    assert reader.pending == 4 + 65536
    assert sys.getsizeof(reader._buffer) < 2 * reader.pending


def test_many_frames_in_one_piece_are_all_read() -> None:
    assert sum(1 for _ in FrameReader().feed(START * 100_000)) == 100_000


# Hellos.


@pytest.mark.parametrize(
    ("start", "offset"),
    [
        (b"GET / HTTP/1.1\r\n", 0),
        (b"63\0", 0),
        (b"\x16\x03\x01\x02\0", 0),
        (b"APX", 2),
        (b"API=9.72\0", 3),
        (b"API\0\0\0\0\0", 4),
        (b"API\0\xff\xff\xff\xff", 4),
        (b"API\0" + struct.pack(">I", MAX_HELLO + 1), 4),
    ],
)
def test_a_wrong_hello_is_refused_at_its_first_wrong_byte_however_it_is_split(start: bytes, offset: int) -> None:
    assert offset_of(lambda: HelloReader().feed(start)) == offset
    reader = HelloReader()
    for byte in start[: offset if offset < 4 else len(start) - 1]:
        assert reader.feed(bytes([byte])) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            b"",
            b"\0",
            b"v",
            b"v178..",
            b"v..178",
            b"178..203",
            b"v157...178",
            b"v-1..178",
            b"v157..178x",
            b" v157..178",
        ),
        *(
            b"v203..157",
            b"v" + b"9" * 4000,
            b"v100.." + b"9" * 4000,
            b"v1e2..178",
            b"v\xb2..178",
            "v\u0661\u0665\u0667..\u0661\u0667\u0668".encode(),
        ),
    ],
)
def test_a_hello_without_a_version_range_is_refused(text: bytes) -> None:
    wire = b"API\0" + struct.pack(">I", len(text)) + text
    assert offset_of(lambda: HelloReader().feed(wire)) == (8 if text else 4)


def test_a_hello_of_a_million_digits_is_refused_by_its_length() -> None:
    assert offset_of(lambda: HelloReader().feed(b"API\0" + encode_frame(b"v" + b"1" * 1_000_000))) == 4


@pytest.mark.parametrize("wire", [b"GET /", b"API\0\xff\xff\xff\xff", b"API\0" + encode_frame(b"?" * MAX_HELLO)])
def test_a_hello_that_was_bad_stays_bad_and_keeps_little(wire: bytes) -> None:
    reader = HelloReader()
    offset = offset_of(lambda: reader.feed(wire))
    for _ in range(3):
        assert offset_of(lambda: reader.feed(b"x" * 100_000)) == offset
        assert len(reader._buffer) <= MAX_HELLO + 8


@pytest.mark.parametrize(
    "hello",
    [
        Hello(min_version=203, max_version=157),
        Hello(min_version=-1, max_version=157),
        Hello(min_version=100, max_version=10**9),
        Hello(min_version=100, max_version=178, options="é"),
        Hello(min_version=100, max_version=178, options="x\0"),
        Hello(min_version=100, max_version=178, options="x" * MAX_HELLO),
    ],
)
def test_a_hello_that_nobody_could_read_is_not_written(hello: Hello) -> None:
    assert offset_of(hello.encode) == 0


# Version replies.


@pytest.mark.parametrize(
    "payload",
    [
        *(
            b"",
            b"178",
            b"178\0",
            b"178\0time",
            b"178\0time\0more\0",
            b"\0\0",
            b"x\0time\0",
            b" 178\0time\0",
            b"1_7\0time\0",
        ),
        *(b"9" * 5000 + b"\0time\0", b"+178\0time\0", "\u0661\u0667\u0668\0time\0".encode(), b"1.5\0time\0"),
    ],
)
def test_a_version_reply_that_is_none_is_refused(payload: bytes) -> None:
    assert offset_of(lambda: parse_version_reply(payload)) == 0


@pytest.mark.parametrize("time", ["a\0b", "\ud800"])
def test_a_version_reply_that_nobody_could_read_is_not_written(time: str) -> None:
    assert offset_of(VersionReply(server_version=178, connection_time=time).encode) == 0


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
    (178, Sender.GATEWAY, fields("9", *[""] * (MAX_FIELDS + 1)), 2, "too many fields"),
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


def assert_read_or_refused(codec: Codec, payload: bytes, sender: Sender) -> None:
    try:
        message = codec.decode(payload, sender)
    except ProtocolError as error:
        assert 0 <= error.offset <= len(payload)  # noqa: PT017 - either outcome is right
    else:
        assert in_words(message)


# What cannot be written.


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


@pytest.mark.parametrize("value", [5, "ab", None, [5], [{"tag": 5}], [{"tg": "x"}]])
def test_a_list_that_does_not_fit_its_field_is_not_written(value: Any) -> None:
    assert offset_of(lambda: Codec(178).encode(Message("open_order", {"smart_combo_routing_params": value}))) == 0


def test_every_kind_of_field_is_tried() -> None:
    tried = {f.kind for name, field, _ in BAD_VALUES for f in catalogue().by_name[name].fields if f.name == field}
    assert tried == set(Kind) - {Kind.LIST}


# Whole connections.


def test_a_gateway_takes_no_message_before_its_version_reply() -> None:
    assert offset_of(lambda: GatewaySide().send(Message("open_orders_end"))) == 0
    client = ClientSide(Hello(min_version=100, max_version=178))
    assert offset_of(lambda: client.send(Message("req_positions"))) == 0


def test_a_client_that_talks_before_the_version_reply_fills_no_memory() -> None:
    gateway = GatewaySide()
    list(gateway.receive(Hello(min_version=157, max_version=178).encode()))
    for _ in range(16):
        assert list(gateway.receive(bytes(MAX_FRAME // 16))) == []
    assert offset_of(lambda: gateway.receive(bytes(100))) == 0
    assert len(gateway.early()) <= MAX_FRAME


def test_messages_before_a_bad_frame_are_heard() -> None:
    gateway = GatewaySide()
    hello = Hello(min_version=157, max_version=178).encode()
    list(gateway.receive(hello))
    gateway.accept(REPLY)
    heard = gateway.receive(START + b"\0\0\0\0")
    assert next(heard) == Message("start_api", {"client_id": 7, "optional_capabilities": ""})
    assert offset_of(lambda: next(heard)) == len(hello) + len(START)

    client = ClientSide(Hello(min_version=157, max_version=178))
    answers = client.receive(REPLY.encode() + encode_frame(fields("9", "1", "5")) + encode_frame(b"?"))
    assert next(answers) == REPLY
    assert next(answers) == Message("next_valid_id", {"order_id": 5})
    assert offset_of(lambda: next(answers)) == 0


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
@settings(deadline=None, max_examples=400)
def test_any_payload_is_a_message_or_refused_inside_it(version: int, sender: Sender, payload: bytes) -> None:
    assert_read_or_refused(Codec(version), payload, sender)


@given(pieces=st.lists(st.binary(max_size=40), max_size=8))
@settings(deadline=None, max_examples=200)
def test_any_stream_ends_in_nothing_but_the_one_error(pieces: list[bytes]) -> None:
    frames, hello = FrameReader(), HelloReader()
    client, gateway = ClientSide(Hello(min_version=100, max_version=226)), GatewaySide()
    greeted = GatewaySide()
    list(greeted.receive(Hello(min_version=100, max_version=226).encode()))
    greeted.accept(VersionReply(server_version=203, connection_time=""))
    told = ClientSide(Hello(min_version=100, max_version=226))
    list(told.receive(REPLY.encode()))
    feeds: list[Callable[[bytes], Iterable[object] | None]] = [
        *(frames.feed, hello.feed, client.receive, gateway.receive, greeted.receive, told.receive),
        lambda data: greeted.receive(encode_frame(data or b"?")),
        lambda data: told.receive(encode_frame(data or b"?")),
        lambda data: [parse_version_reply(data)],
    ]
    for piece in pieces:
        for feed in feeds:
            with contextlib.suppress(ProtocolError):
                list(feed(piece) or ())
        assert frames.pending <= MAX_FRAME + 4
