"""A request that is recognised by its bytes is what it is when all of it is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateways.replay.asked import Asked, Expected
from harness.gateways.replay.numbered import numbered
from harness.recordings.indexed import IndexedDialogue, indexed
from harness.recordings.meaning import LIVE
from harness.wire.catalogue import MessageType, catalogue
from harness.wire.codec import Codec
from harness.wire.message import Message, Sender, Value
from harness.wire.overflow_index import NUMBERS
from tests.recordings.making import Script
from tests.wire.test_round_trips import values_of

VERSIONS = (157, 178, 201, 223)
NOT_BY_BYTES = {"start_api", "req_market_data", "req_market_data_type"}
KINDS = [
    kind for kind in catalogue().by_name.values() if kind.sender is Sender.CLIENT and kind.name not in NOT_BY_BYTES
]


def ids_of(kind: MessageType, number: int) -> dict[str, Value]:
    return {field.name: number for field in kind.fields if field.name in NUMBERS}


def recorded(version: int, *requests: Message) -> IndexedDialogue:
    script = Script()
    one = script.connect(version)
    for request in requests:
        script.asks(one, request.name, **request.values)
    (dialogue,) = indexed(script.recording())
    return dialogue


def read(payload: bytes, version: int) -> Message:
    message = Codec(version).decode(payload, Sender.CLIENT)
    assert isinstance(message, Message)
    return message


def same(found: Asked, payload: bytes, version: int) -> bool:
    """Return whether a request that was recognised is what reading it gives."""
    message = read(payload, version)
    whole = Asked.of(message, LIVE)
    said = (found.name, found.number, found.keys, found.is_cancel)
    return said == (whole.name, whole.number, whole.keys, whole.is_cancel) and found.message == message


@pytest.mark.parametrize("version", VERSIONS)
def test_every_request_is_recognised_whatever_its_number(version: int) -> None:
    for kind in KINDS:
        recording = recorded(version, Message(kind.name, ids_of(kind, 3)))
        if recording.exchanges[0].number not in {3, None}:
            continue  # it says its number only as protobuf
        payload = Codec(version).encode(Message(kind.name, ids_of(kind, 70_000)))
        found = Expected(recording, version).recognised(payload)
        assert found is not None, kind.name
        assert same(found, payload, version), kind.name


@given(st.sampled_from(KINDS), st.sampled_from(VERSIONS), st.integers(-5, 2**31 - 1), st.data())
def test_a_request_with_any_values_is_as_it_would_be_read(
    kind: MessageType, version: int, number: int, data: st.DataObject
) -> None:
    values = data.draw(values_of(kind))
    expected = Expected(recorded(version, Message(kind.name, {**values, **ids_of(kind, 3)})), version)
    payload = Codec(version).encode(Message(kind.name, {**values, **ids_of(kind, number)}))
    found = expected.recognised(payload)
    assert found is None or same(found, payload, version)


@given(st.sampled_from(KINDS), st.sampled_from(VERSIONS), st.binary(max_size=12), st.data())
def test_other_bytes_in_it_are_another_request(
    kind: MessageType, version: int, other: bytes, data: st.DataObject
) -> None:
    dialogue = recorded(version, Message(kind.name, ids_of(kind, 3)))
    payload = dialogue.request(dialogue.exchanges[0])
    begin = data.draw(st.integers(0, len(payload)))
    changed = payload[:begin] + other + payload[data.draw(st.integers(begin, len(payload))) :]
    found = Expected(dialogue, version).recognised(changed)
    assert found is None or same(found, changed, version)


@pytest.mark.parametrize(
    ("version", "written"),
    [
        *((178, written) for written in (b"", b"\0", b"07\0", b"-1\0", b"7\x008\0", b"2147483647\0")),
        *((223, written) for written in (b"", b"\x87", b"\x87\0", b"\5\x10\7", b"\xff\xff\xff\xff\7")),
    ],
)
def test_a_number_that_no_client_writes_so_is_left_to_reading(version: int, written: bytes) -> None:
    divided = numbered(Codec(version).encode(Message("req_contract_data", {"req_id": 3})), version, Sender.CLIENT)
    assert divided.after is not None
    assert divided.number_in(divided.before + (b"\x09" if version > 201 else b"9\0") + divided.after) == 9
    assert divided.number_in(divided.before + written + divided.after) is None


def test_it_expects_what_came_after_the_request_that_was_repeated_last() -> None:
    first, second, third = (Message("req_market_rule", {"market_rule_id": number}) for number in (1, 2, 3))
    dialogue = recorded(178, first, second, third)
    expected, write = Expected(dialogue, 178), Codec(178).encode
    assert expected.recognised(write(third)) is None
    expected.follows(dialogue.exchanges[1])
    assert expected.recognised(write(second)) is None
    assert expected.recognised(write(third)) is not None
    expected.follows(dialogue.exchanges[2])
    assert expected.recognised(write(third)) is None


def test_nothing_is_recognised_at_another_version_or_if_the_index_says_another_number() -> None:
    request = Message("req_contract_data", {"req_id": 3, "symbol": "EUR"})
    dialogue, payload = recorded(178, request), Codec(178).encode(request)
    assert Expected(dialogue, 176).recognised(payload) is None
    dialogue.exchanges[0].number = 4
    assert Expected(dialogue, 178).recognised(payload) is None
    dialogue.exchanges[0].number = 3
    dialogue.exchanges[0].name = "req_head_timestamp"
    assert Expected(dialogue, 178).recognised(payload) is None
    dialogue.exchanges[0].name = request.name
    assert Expected(dialogue, 178).recognised(payload) is not None
