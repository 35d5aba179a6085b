"""What is written is read back the same, at any version and however the bytes are split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.wire.binary import _serialized
from harness.wire.catalogue import Field, Kind, MessageType, catalogue
from harness.wire.codec import Codec, in_words
from harness.wire.flat_protobuf import encode_flat, flat_layout
from harness.wire.framing import FrameReader, encode_frame
from harness.wire.hello import Hello, HelloReader, VersionReply, negotiate, parse_version_reply
from harness.wire.message import Encoding, Message, Sender, UnknownMessage, Value
from harness.wire.side import ClientSide, GatewaySide

KINDS = tuple(catalogue().by_name.values())
OLDEST, NEWEST = 100, 226

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
numbers = st.one_of(
    st.integers(1, 10**9).map(str), st.floats(1e-6, 1e15).map(lambda f: str(int(f)) if f.is_integer() else str(f))
)
VALUES: Mapping[Kind, st.SearchStrategy[Value]] = {
    Kind.STR: texts,
    Kind.INT: st.integers(-(2**31), 2**31 - 2),
    Kind.LONG: st.integers(-(2**63), 2**63 - 2),
    Kind.FLOAT: st.floats(-1e300, 1e300, allow_nan=False),
    Kind.DECIMAL: st.decimals(-(10**12), 10**12, places=4).map(str),
    Kind.NUMBER: st.one_of(st.just(""), numbers),
    Kind.BOOL: st.booleans(),
}


CHOICES = {"order_type": ["PEG BENCH", "PEGBENCH", "LMT"], "sec_type": ["BAG", "FUND", "STK"]}
"""What fields hold on which others depend."""


def value_of(field: Field) -> st.SearchStrategy[Value]:
    """Return what a field may hold; a number is never the one that means "not set"."""
    if field.kind is Kind.LIST:
        item = st.fixed_dictionaries({item.name: value_of(item) for item in field.items})
        return st.lists(item, max_size=3).map(tuple)
    plain = VALUES[field.kind]
    if field.name == "kind":
        return st.sampled_from([1, 3, 4, 5, 6, 7])
    if field.name in CHOICES:
        plain = st.one_of(st.sampled_from(CHOICES[field.name]), plain)
    return (
        plain if field.default is not None else st.one_of(st.none(), plain.filter(lambda v: str(v) != field.unset_text))
    )


def values_of(kind: MessageType) -> st.SearchStrategy[dict[str, Value]]:
    """Give some of a message's values, each with the one that it depends on; the others have their defaults."""
    return _values_of(kind.name)


@cache
def _values_of(name: str) -> st.SearchStrategy[dict[str, Value]]:
    """Make the strategy once: to make one takes longer than to draw from it."""
    fields = {field.name: field for field in catalogue().by_name[name].fields if field.const is None}
    some = st.lists(st.sampled_from(sorted(fields)), max_size=20, unique=True) if fields else st.just([])
    held = {name: value_of(field) for name, field in fields.items()}

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, Value]:
        chosen = draw(some)
        chosen = [*chosen, *(when for name in chosen if (when := fields[name].when))]
        return {name: draw(held[name]) for name in chosen}

    return drawn()


FULL: Mapping[Kind, Value] = {
    Kind.STR: "ü\\u00e9",
    Kind.INT: 2**31 - 2,
    Kind.LONG: -(2**63),
    Kind.FLOAT: 0.1,
    Kind.DECIMAL: "-0.0001",
    Kind.NUMBER: "0.5",
    Kind.BOOL: True,
}


def full(fields: Sequence[Field]) -> dict[str, Value]:
    """Return a value for every field, so that every condition holds but for infinity, which we do not write."""
    named = [field for field in fields if field.const is None]
    chosen = {field.when: min(field.choices) for field in named if field.choices - {inf}}
    values = {f.name: (full(f.items),) * 2 if f.kind is Kind.LIST else FULL[f.kind] for f in named}
    return values | {name: value for name, value in chosen.items() if name}


def carried(kind: MessageType, values: Mapping[str, Value], version: int) -> dict[str, Value]:
    """Return what the message still says after it was written at that version."""
    expected = dict(kind.defaults)
    if kind.encoding_at(version) is Encoding.PROTOBUF:
        return expected | {field.name: as_protobuf(kind, field, values) for field in kind.fields if field.path}
    return expected | {f.name: as_text(f, values[f.name], version) for f in in_text(kind, values, version)}


def as_text(field: Field, value: Value, version: int) -> Value:
    """Return what is read; fields of items that have no text form, or that others rule out, have their defaults."""
    if field.kind is not Kind.LIST:
        return value
    whole = [{one.name: one.default for one in field.items} | dict(item) for item in items_of(value)]
    return tuple(
        {one.name: item[one.name] if written(one, item, version) else one.default for one in field.items}
        for item in whole
    )


def written(field: Field, values: Mapping[str, Value], version: int) -> bool:
    return field.in_text_at(version) and (field.when is None or holds(field, values[field.when]))


def as_protobuf(kind: MessageType, field: Field, values: Mapping[str, Value]) -> Value:
    """Return what is read; lists that share their items are as long as the longest, or empty where they say nothing."""
    if not field.shares:
        return without_text_only(field, values[field.name])
    items = list(items_of(values[field.name]))
    if all(value is None or value is False or value == "" for item in items for value in item.values()):
        return ()
    longest = max(len(items_of(values[other.name])) for other in kind.fields if other.path == field.path)
    return tuple(items + [{item.name: item.default for item in field.items}] * (longest - len(items)))


def without_text_only(field: Field, value: Value) -> Value:
    """Return what is read; fields of items that have no protobuf form have their defaults."""
    if field.kind is not Kind.LIST or field.scalar is not None:
        return value
    return tuple({**item, **{one.name: one.default for one in field.items if not one.path}} for item in items_of(value))


def items_of(value: Value) -> Sequence[Mapping[str, Value]]:
    assert isinstance(value, Sequence)
    assert not isinstance(value, str)
    return value


def in_text(kind: MessageType, values: Mapping[str, Value], version: int) -> Iterator[Field]:
    return (field for field in kind.fields if field.const is None and written(field, values, version))


def holds(field: Field, value: Value) -> bool:
    if field.choices:
        return value in field.choices
    return value > 0 if isinstance(value, int | float) else bool(value)


def gates(kind: MessageType) -> list[int]:
    """Return both sides of every version at which the message changes, and the ends."""
    edges = {edge for field in kind.fields for edge in (field.since, field.until)} | {201, kind.protobuf_since}
    inside = {version for edge in edges for version in (edge - 1, edge) if OLDEST <= version <= NEWEST}
    return sorted(inside | {OLDEST, NEWEST})


def pieces(data: bytes, cuts: Iterable[int]) -> Iterator[bytes]:
    """Split bytes at the given places."""
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return (data[start:end] for start, end in pairwise(places))


cuts = st.lists(st.integers(0, 10_000), max_size=12)
messages: dict[Sender, st.SearchStrategy[Message]] = {
    sender: st.one_of(
        *(st.builds(Message, st.just(kind.name), values_of(kind)) for kind in KINDS if kind.sender is sender)
    )
    for sender in Sender
}


def assert_read_as_written(kind: MessageType, values: Mapping[str, Value]) -> None:
    complete = kind.complete(values)
    for version in gates(kind):
        codec = Codec(version)
        message = codec.decode(codec.encode(Message(kind.name, values)), kind.sender)
        assert message == Message(kind.name, carried(kind, complete, version)), version
        assert in_words(message).startswith(kind.name.replace("_", " "))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(data=st.data())
@settings(max_examples=30)
def test_a_message_is_read_as_it_was_written_on_both_sides_of_every_gate(
    kind: MessageType, data: st.DataObject
) -> None:
    assert_read_as_written(kind, data.draw(values_of(kind)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_message_with_every_field_set_is_read_as_it_was_written(kind: MessageType) -> None:
    assert_read_as_written(kind, full(kind.fields))


FLAT = [kind for name, kind in catalogue().by_name.items() if flat_layout(name) is not None]


@pytest.mark.parametrize("kind", FLAT, ids=lambda kind: kind.name)
@given(data=st.data())
@settings(max_examples=20)
def test_a_flat_message_has_the_bytes_of_the_protobuf_runtime(kind: MessageType, data: st.DataObject) -> None:
    values = kind.complete(data.draw(values_of(kind)))
    assert encode_flat(kind.name, values) == _serialized(kind, kind.fields, values)


def test_values_that_are_equal_but_not_the_same_are_told_apart() -> None:
    price = catalogue().by_name["tick_price"]
    for value, size in ((1, "1"), (1.0, "1"), (1.0, "1.0"), (0.0, "1"), (-0.0, "1"), (-0.0, "2"), (0.0, "2")):
        values = price.complete({"req_id": 7, "price": value, "size": size})
        assert encode_flat("tick_price", values) == _serialized(price, price.fields, values)


@given(payloads=st.lists(st.binary(min_size=1, max_size=60), max_size=12), cuts=cuts)
def test_frames_are_the_same_however_the_stream_is_split(payloads: list[bytes], cuts: list[int]) -> None:
    reader = FrameReader()
    stream = b"".join(map(encode_frame, payloads))
    assert [payload for piece in pieces(stream, cuts) for payload in reader.feed(piece)] == payloads
    assert reader.pending == 0


@given(payloads=st.lists(st.binary(min_size=1, max_size=9), max_size=6), missing=st.integers(1, 8))
def test_an_unfinished_frame_waits(payloads: list[bytes], missing: int) -> None:
    reader = FrameReader()
    last = encode_frame(b"x" * 8)[:-missing]
    assert list(reader.feed(b"".join(map(encode_frame, payloads)) + last)) == payloads
    assert reader.pending == len(last)


def test_frames_that_were_not_taken_come_with_the_next_bytes() -> None:
    reader = FrameReader()
    taken = reader.feed(encode_frame(b"first") + encode_frame(b"second"))
    assert next(taken) == b"first"
    assert list(reader.feed(encode_frame(b"third"))) == [b"second", b"third"]


hellos = st.builds(
    lambda low, more, options: Hello(min_version=low, max_version=low + more, options=options),
    st.integers(0, 10**8),
    st.integers(0, 10**8),
    st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=40),
)


@given(hello=hellos, rest=st.binary(max_size=20), cuts=cuts)
def test_a_hello_is_read_as_it_was_written_however_it_is_split(hello: Hello, rest: bytes, cuts: list[int]) -> None:
    reader = HelloReader()
    wire = hello.encode()
    *unfinished, done = [reader.feed(piece) for piece in [*pieces(wire[:-1], cuts), wire[-1:] + rest]]
    assert set(unfinished) <= {None}
    assert done == (hello, rest)
    assert str(hello.max_version) in in_words(hello)


@given(version=st.integers(-1, 10**9 - 1), time=texts)
def test_a_version_reply_is_read_as_it_was_written(version: int, time: str) -> None:
    reply = VersionReply(server_version=version, connection_time=time)
    (payload,) = FrameReader().feed(reply.encode())
    assert parse_version_reply(payload) == reply
    assert str(version) in in_words(reply)


@given(
    version=st.integers(OLDEST, NEWEST),
    asked=st.lists(messages[Sender.CLIENT], max_size=4),
    told=st.lists(messages[Sender.GATEWAY], max_size=3),
    cuts=cuts,
)
@settings(max_examples=30)
def test_both_sides_understand_each_other_however_the_bytes_are_split(
    version: int, asked: list[Message], told: list[Message], cuts: list[int]
) -> None:
    client = ClientSide(Hello(min_version=OLDEST, max_version=version, options="+PACEAPI"))
    gateway = GatewaySide()
    assert [client.server_version, gateway.server_version] == [None, None]

    (hello,) = [heard for piece in pieces(client.greet(), cuts) for heard in gateway.receive(piece)]
    assert isinstance(hello, Hello)
    negotiated = negotiate(hello, gateway_min=OLDEST, gateway_max=NEWEST)
    assert negotiated == version
    reply = VersionReply(server_version=version, connection_time="20261120 15:30:59 EST")
    greeting = [heard for piece in pieces(gateway.accept(reply), cuts) for heard in client.receive(piece)]
    assert greeting == [reply]
    assert client.server_version == gateway.server_version == version

    said = [client.send(message) for message in asked]
    assert same(asked, [heard for piece in pieces(b"".join(said), cuts) for heard in gateway.receive(piece)], version)
    said = [gateway.send(message) for message in told]
    assert same(told, [heard for piece in pieces(b"".join(said), cuts) for heard in client.receive(piece)], version)


def same(sent: Sequence[Message], heard: Sequence[object], version: int) -> bool:
    kinds = [catalogue().by_name[message.name] for message in sent]
    whole = [carried(kind, kind.complete(message.values), version) for kind, message in zip(kinds, sent, strict=True)]
    return list(heard) == [Message(message.name, values) for message, values in zip(sent, whole, strict=True)]


@given(cuts=cuts)
def test_what_a_client_sends_before_the_version_reply_waits_for_it(cuts: list[int]) -> None:
    gateway = GatewaySide()
    start = encode_frame(b"71\x002\x007\0\0")
    stream = Hello(min_version=157, max_version=178).encode() + start + start
    heard = [message for piece in pieces(stream, cuts) for message in gateway.receive(piece)]
    assert heard == [Hello(min_version=157, max_version=178)]

    gateway.accept(VersionReply(server_version=178, connection_time=""))
    messages = list(gateway.receive(gateway.early()))

    assert [message.name for message in messages if isinstance(message, Message)] == ["start_api", "start_api"]
    assert gateway.early() == b""


@pytest.mark.parametrize(
    ("client", "gateway", "version"),
    [
        ((157, 178), (100, 203), 178),
        ((100, 226), (100, 187), 187),
        ((157, 178), (100, 157), 157),
        ((157, 178), (100, 156), None),
        ((100, 120), (121, 203), None),
    ],
)
def test_the_negotiated_version_is_the_lower_maximum_where_the_ranges_meet(
    client: tuple[int, int], gateway: tuple[int, int], version: int | None
) -> None:
    hello = Hello(min_version=client[0], max_version=client[1])
    assert negotiate(hello, gateway_min=gateway[0], gateway_max=gateway[1]) == version


def test_fields_after_the_last_known_one_are_kept() -> None:
    message = Codec(178).decode(b"9\x001\x005\0new\0\xff\0", Sender.GATEWAY)
    assert message == Message("next_valid_id", {"order_id": 5}, surplus=("new", "\\xff"))
    assert in_words(message) == r"next valid id order_id=5 surplus=['new', '\\xff']"


@pytest.mark.parametrize(
    ("version", "payload", "encoding"),
    [
        (178, b"150\x00x\0", Encoding.TEXT),
        (203, b"\0\0\0\x96x\0", Encoding.TEXT),
        (203, b"\0\0\x01\x5ex\0", Encoding.PROTOBUF),
    ],
)
def test_a_message_that_is_not_in_the_catalogue_is_kept_as_it_came(
    version: int, payload: bytes, encoding: Encoding
) -> None:
    message = Codec(version).decode(payload, Sender.GATEWAY)
    assert message == UnknownMessage(Sender.GATEWAY, 150, encoding, b"x\0")
    assert in_words(message) == f"message 150 ({encoding.value}, not in the catalogue): 78 00"


def test_fields_of_a_message_are_read_by_their_type() -> None:
    message = Message("next_valid_id", {"order_id": 5, "note": "x"})
    assert message.number("order_id") == message["order_id"] == 5
    assert message.text("note") == "x"
    with pytest.raises(TypeError, match=r"next_valid_id\.order_id is not text: 5"):
        message.text("order_id")
    with pytest.raises(TypeError, match=r"next_valid_id\.note is not a whole number: 'x'"):
        message.number("note")


def test_an_older_encoding_is_read_where_a_newer_one_is_usual() -> None:
    assert Codec(213).decode(b"\0\0\0\x091\x005\0", Sender.GATEWAY) == Message("next_valid_id", {"order_id": 5})


def test_a_multiplier_of_zero_is_none_at_all() -> None:
    payload = bytes.fromhex("00000105 12 09 39 0000000000000000")
    message = Codec(207).decode(payload, Sender.GATEWAY)
    assert isinstance(message, Message)
    assert message["multiplier"] == ""


UNSET_ORDER_FIELDS = [
    (178, "display_size", "2147483647"),
    (178, "limit_price", ""),
    (200, "suggested_size", "-9223372036854775808"),
    (200, "init_margin_before", "1.7976931348623157E308"),
    (200, "trigger_price", "1.7976931348623157E308"),
]


@pytest.mark.parametrize(("version", "name", "text"), UNSET_ORDER_FIELDS)
def test_a_field_that_is_not_set_is_written_as_gateways_do_and_read_as_none(version: int, name: str, text: str) -> None:
    codec = Codec(version)
    without = codec.encode(Message("open_order")).split(b"\0")
    having = codec.encode(Message("open_order", {name: "7" if name == "suggested_size" else 7})).split(b"\0")
    (place,) = [place for place, (one, other) in enumerate(zip(without, having, strict=True)) if one != other]
    assert (without[place], having[place]) == (text.encode(), b"7")

    message = codec.decode(b"\0".join(without), Sender.GATEWAY)
    assert isinstance(message, Message)
    assert message[name] is None
