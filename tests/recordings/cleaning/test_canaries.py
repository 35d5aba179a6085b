"""No personal value that is planted in any field of any message reaches a recording, and all else does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.recordings.cleaning.rules import Treatment, rules
from harness.recordings.recording import Framed, Omitted
from harness.wire.catalogue import Field, Kind, MessageType, catalogue
from harness.wire.codec import Codec
from harness.wire.message import Message, Value
from tests.recordings.cleaning.canaries import (
    ACCOUNT,
    beginning,
    cleaner_at,
    found,
    frame,
    planted,
    who_they_are,
)
from tests.wire.test_round_trips import KINDS, NEWEST, OLDEST, gates, items_of, values_of

NOT_XML = ("replace_fa", "xml")
"""What is left out unless it is XML."""
EVERY_MESSAGE = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def cleaned(kind: MessageType, values: Mapping[str, Value], version: int) -> tuple[Message, Message, bytes]:
    """Return a message as it was and as it is after cleaning, and the latter's payload."""
    codec = Codec(version)
    payload = codec.encode(Message(kind.name, values))
    entry = cleaner_at(version, who_they_are()).clean(frame(payload, kind.sender))
    assert isinstance(entry, Framed), entry
    before, after = (codec.decode(each, kind.sender) for each in (payload, entry.payload))
    assert isinstance(before, Message)
    assert isinstance(after, Message)
    return before, after, entry.payload


@EVERY_MESSAGE
def test_no_canary_is_left_in_any_field_at_any_version(kind: MessageType) -> None:
    values = planted(kind)
    for version in gates(kind):
        before, after, payload = cleaned(kind, values, version)
        assert found(payload) == set(), version
        assert_same_but_for_what_is_personal(kind.name, kind.fields, before.values, after.values)


def assert_same_but_for_what_is_personal(
    where: str, fields: Sequence[Field], before: Mapping[str, Value], after: Mapping[str, Value]
) -> None:
    for field in fields:
        old, new = (values.get(field.name) for values in (before, after))
        if field.kind is Kind.LIST:
            for item, other in zip(items_of(old), items_of(new), strict=True):
                assert_same_but_for_what_is_personal(f"{where}.{field.name}", field.items, item, other)
        elif field.const is None:
            assert type(old) is type(new)
            assert bool(old) == bool(new)
            if field.kind is Kind.BOOL or (field.kind is not Kind.STR and stays(f"{where}.{field.name}")):
                assert old == new


def stays(place: str) -> bool:
    rule = rules().of(place)
    return rule is not None and rule.treatment is Treatment.STAYS


BY_NEIGHBOUR = {Treatment.HELD, Treatment.ACCOUNT_VALUE, Treatment.STAYS}
"""What is replaced in another way where other fields of the message are other ones, or not at all."""


def test_a_value_has_one_replacement_in_all_fields_of_all_messages_at_all_versions() -> None:
    cleaner = cleaner_at(OLDEST, who_they_are())
    replaced: dict[tuple[Treatment, Value], set[Value]] = {}
    for kind in KINDS:
        for version in gates(kind):
            for entry in beginning(version):
                cleaner.clean(entry)
            codec = Codec(version)
            said = frame(codec.encode(Message(kind.name, planted(kind))), kind.sender)
            before, after = (codec.decode(each.payload, kind.sender) for each in (said, cleaner.clean(said)))  # type: ignore[union-attr]
            assert isinstance(before, Message)
            assert isinstance(after, Message)
            for treatment, old, new in personal(kind.name, kind.fields, before.values, after.values):
                replaced.setdefault((treatment, old), set()).add(new)
    assert {treatment for treatment, _ in replaced} == set(Treatment) - BY_NEIGHBOUR
    assert [values for values in replaced.values() if len(values) > 1] == []
    assert [old for (_, old), values in replaced.items() if old in values] == []


def personal(
    where: str, fields: Sequence[Field], before: Mapping[str, Value], after: Mapping[str, Value]
) -> Iterator[tuple[Treatment, Value, Value]]:
    """Yield how each field that is personal was replaced, with what it held and holds."""
    for field in fields:
        place = f"{where}.{field.name}"
        old, new = (values.get(field.name) for values in (before, after))
        if field.kind is Kind.LIST:
            for item, other in zip(items_of(old), items_of(new), strict=True):
                yield from personal(place, field.items, item, other)
        elif field.const is None and old and field.kind is not Kind.BOOL:
            rule = rules().of(place)
            assert rule is not None
            if rule.treatment not in BY_NEIGHBOUR:
                yield rule.treatment, old, new


@EVERY_MESSAGE
@given(data=st.data())
@settings(max_examples=20)
def test_whatever_a_message_holds_it_is_whole_after_cleaning(kind: MessageType, data: st.DataObject) -> None:
    version = data.draw(st.integers(OLDEST, NEWEST))
    values = {name: value for name, value in data.draw(values_of(kind)).items() if (kind.name, name) != NOT_XML}
    before, after, _ = cleaned(kind, values, version)
    assert_same_but_for_what_is_personal(kind.name, kind.fields, before.values, after.values)


@EVERY_MESSAGE
def test_cleaning_again_changes_nothing_but_amounts(kind: MessageType) -> None:
    for version in {OLDEST, NEWEST}:
        _, once, payload = cleaned(kind, planted(kind), version)
        codec = Codec(version)
        again = cleaner_at(version).clean(frame(payload, kind.sender))
        assert isinstance(again, Framed)
        twice = codec.decode(again.payload, kind.sender)
        assert isinstance(twice, Message)
        assert_same_but_for_what_is_personal(kind.name, kind.fields, once.values, twice.values)


IMPERSONAL = ["tick_price", "contract_data", "historical_data", "scanner_data", "current_time", "req_market_data"]


@pytest.mark.parametrize("name", IMPERSONAL)
@pytest.mark.parametrize("version", [178, 225])
@given(data=st.data())
@settings(max_examples=20)
def test_a_message_with_nothing_personal_is_the_same_object(name: str, version: int, data: st.DataObject) -> None:
    kind = catalogue().by_name[name]
    entry = frame(Codec(version).encode(Message(name, data.draw(values_of(kind)))), kind.sender)
    assert cleaner_at(version).clean(entry) is entry


TEXTS = [(kind, version) for kind in KINDS for version in (150, 178, 200, 212) if version < kind.protobuf_since]


@given(case=st.sampled_from(TEXTS), place=st.floats(0, 1), instead=st.sampled_from([b"", b"\0", b"7\0", b"x\0y\0"]))
def test_no_account_passes_in_fields_that_are_not_where_they_belong(
    case: tuple[MessageType, int], place: float, instead: bytes
) -> None:
    kind, version = case
    parts = Codec(version).encode(Message(kind.name, planted(kind))).split(b"\0")
    at = 1 + int(place * (len(parts) - 1))
    payload = b"\0".join(parts[:at]) + b"\0" + instead + b"".join(part + b"\0" for part in parts[at + 1 : -1])
    after = cleaner_at(version, who_they_are()).clean(frame(payload, kind.sender))
    assert isinstance(after, Omitted) or ACCOUNT not in found(after.payload)  # type: ignore[union-attr]


@given(case=st.sampled_from([(kind, version) for kind in KINDS for version in (178, 226)]), data=st.data())
def test_what_is_not_left_out_can_be_read(case: tuple[MessageType, int], data: st.DataObject) -> None:
    kind, version = case
    codec = Codec(version)
    payload = bytearray(codec.encode(Message(kind.name, data.draw(values_of(kind)))))
    for _ in range(data.draw(st.integers(0, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    after = cleaner_at(version).clean(frame(bytes(payload), kind.sender))
    if isinstance(after, Framed):
        assert isinstance(codec.decode(after.payload, kind.sender), Message)
