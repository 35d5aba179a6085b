"""Two recordings compared: a field that was altered is named, whichever it is, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from harness.recordings.archive import read_recording
from harness.recordings.exchange import Dialogue
from harness.recordings.exchanges import dialogues_of
from harness.recordings.recording import Entry, Framed, Recording
from harness.verify.comparing import Comparison
from harness.verify.rules import rules
from harness.wire.codec import Codec
from harness.wire.message import Message, Sender, Value
from harness.wire.wire_errors import ProtocolError
from tests.recordings.making import Script
from tests.recordings.simulated import PROFILES, file_of

NUMBERED = frozenset({"req_id", "order_id", "exec_id"})
"""They say which request a message answers."""


@dataclass(frozen=True)
class Recorded:
    """A recording, and the gateway's messages after the version reply, with their places among the entries."""

    recording: Recording
    dialogue: Dialogue
    messages: Sequence[tuple[int, Framed, Message]]


@cache
def recorded(profile: str) -> Recorded:
    recording = read_recording(file_of(profile))
    dialogue = one_of(recording)
    codec = Codec(dialogue.server_version)
    told = [(place, each) for place, each in enumerate(recording.entries) if isinstance(each, Framed)]
    messages = []
    for place, entry in [each for each in told if each[1].sender is Sender.GATEWAY][1:]:
        message = codec.decode(entry.payload, Sender.GATEWAY)
        assert isinstance(message, Message)
        messages.append((place, entry, message))
    return Recorded(recording, dialogue, messages)


def one_of(recording: Recording) -> Dialogue:
    (dialogue,) = dialogues_of(recording)
    return dialogue


ANY = st.integers(0, 10**6)
RECORDED = st.sampled_from(sorted(PROFILES))


def compared(recorded: Dialogue, simulated: Dialogue) -> Comparison:
    comparison = Comparison({"DU9000001": "DU9000001"})
    comparison.connection(recorded, simulated)
    return comparison


def other(value: Value) -> Value:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return str(float(value) + 1) if value.replace(".", "", 1).isdigit() else f"{value}x"
        case None:
            return 1
        case _:
            return ()


def with_entry(recording: Recording, place: int, *entries: Entry) -> Recording:
    return replace(recording, entries=(*recording.entries[:place], *entries, *recording.entries[place + 1 :]))


@given(profile=RECORDED, which=ANY, of_it=ANY)
def test_a_field_that_was_altered_is_named_and_no_other(profile: str, which: int, of_it: int) -> None:
    case = recorded(profile)
    place, entry, message = case.messages[which % len(case.messages)]
    names = sorted(message.values.keys() - NUMBERED)
    assume(names)
    field = names[of_it % len(names)]
    codec = Codec(case.dialogue.server_version)
    altered = replace(message, values={**message.values, field: other(message.values[field])})
    try:
        payload = codec.encode(altered)
    except ProtocolError:  # a number as text, which is not there
        reject()
    assume(codec.decode(payload, Sender.GATEWAY) == altered != message)
    found = compared(one_of(with_entry(case.recording, place, replace(entry, payload=payload))), case.dialogue)
    assert all(each.message == message.name and field in each.field for each in found.differences)
    assert found.differences or may_differ(found, message.name)


def may_differ(found: Comparison, name: str) -> bool:
    """Tell whether a rule lets it differ: by its shape, as what an account has, or as one of many of a kind."""
    ways = [rule for (_, named), rule in rules().rows.items() if named == name]
    count = found.counts[name]
    return bool(count.fields_alike or count.own or any(rule.repeats for rule in ways))


@given(profile=RECORDED, which=ANY)
def test_a_message_that_is_not_there_is_named_and_no_other(profile: str, which: int) -> None:
    case = recorded(profile)
    numbered = [(place, message) for place, _, message in case.messages if "req_id" in message.values]
    place, message = numbered[which % len(numbered)]
    assume(message.name != "execution_details")  # it says whose commission follows
    without = one_of(with_entry(case.recording, place))
    for found in (compared(case.dialogue, without), compared(without, case.dialogue)):
        assert {each.message for each in found.differences} <= {message.name}


@given(data=st.data(), profile=RECORDED)
def test_the_order_of_rows_says_nothing(data: st.DataObject, profile: str) -> None:
    case = recorded(profile)
    name = data.draw(st.sampled_from(["contract_data", "position", "account_value", "sec_def_opt_params"]))
    rows = [(place, entry) for place, entry, message in case.messages if message.name == name]
    mixed = data.draw(st.permutations(range(len(rows))))
    entries = list(case.recording.entries)
    for (place, first), other_row in zip(rows, mixed, strict=True):
        entries[place] = replace(first, payload=rows[other_row][1].payload)
    assert not compared(one_of(replace(case.recording, entries=tuple(entries))), case.dialogue).differences


def ticks(*types: int, apart: float = 0.0, seconds: float = 0.5) -> Dialogue:
    """Give what a client heard who asked for quotes: a bid at once, later others, and after some time it cancels."""
    script = Script()
    one = script.connect()
    script.asks(one, "req_market_data", req_id=4, con_id=265598)
    script.says(one, "tick_price", req_id=4, tick_type=1, price=1.0)
    for kind in types:
        script.says(one, "tick_price", req_id=4, tick_type=kind, price=1.0)
        script.waits(apart)
    script.waits(seconds)
    script.asks(one, "cancel_market_data", req_id=4)
    script.waits(100.0)
    return one_of(script.recording())


@pytest.mark.parametrize(
    ("heard", "missing"),
    [
        (ticks(4), []),
        (ticks(4, seconds=5.0), ["tick_type 4"]),
        (ticks(4, 4, 4), []),
        (ticks(4, 4, 4, apart=0.25), ["tick_type 4"]),
        (ticks(4, 5, 6), []),
    ],
)
def test_a_tick_that_one_market_made_once_at_the_end_is_missing_in_no_other(
    heard: Dialogue, missing: list[str]
) -> None:
    assert [each.recorded for each in compared(heard, ticks()).differences] == missing
    assert [each.simulated for each in compared(ticks(seconds=heard.heard_until - 101), heard).differences] == missing


def test_a_tick_that_came_at_once_is_missing_where_it_does_not() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_market_data", req_id=4, con_id=265598)
    assert [each.recorded for each in compared(ticks(), one_of(script.recording())).differences] == ["tick_type 1"]


def test_a_message_that_was_on_its_way_when_its_request_was_cancelled_is_the_same() -> None:
    def talk(*, cancelled_before: bool) -> Dialogue:
        script = Script()
        one = script.connect()
        script.asks(one, "req_market_data", req_id=4, con_id=265598)
        before = script.now
        if cancelled_before:
            script.asks(one, "cancel_market_data", req_id=4)
        script.says(one, "error", req_id=4, code=10167, text="Displaying delayed market data.")
        if not cancelled_before:
            script.now = before
            script.asks(one, "cancel_market_data", req_id=4)
        script.waits(10.0)
        return one_of(script.recording())

    assert compared(talk(cancelled_before=True), talk(cancelled_before=False)).differences == ()
    assert compared(talk(cancelled_before=False), talk(cancelled_before=True)).differences == ()
