"""The simulator asked what a recording has: it answers as it did, and what does not is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from harness.recordings.archive import read_recording
from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.exchanges import dialogues_of
from harness.recordings.recording import Entry, Framed, Recording
from harness.recordings.summary import Summary
from harness.shared.errors import UsageError
from harness.verify.asking import ask
from harness.verify.outcome import Kind, Verified
from harness.verify.simulation import simulation_of
from harness.verify.verifying import verify
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.recordings.made import HEAD
from tests.recordings.made import recorded as entries_recorded
from tests.recordings.making import Script
from tests.recordings.simulated import PROFILES, file_of
from tests.verify.sessions import ACCOUNT, ORDERS, READING, changed, recorded, with_gateway


@pytest.fixture(name="reading", scope="module")
def read_once() -> Recording:
    return run(recorded(READING))


def named(found: Verified) -> list[tuple[Kind, str, str, str]]:
    return [(each.kind, each.message, each.field, each.request) for each in found.differences]


def verified(recording: Recording, **options: Any) -> Verified:
    simulation = simulation_of(recording, dialogues_of(recording), **options)
    return run(verify(recording, simulation))


@pytest.mark.parametrize("profile", ["gateway-10.19", "gateway-10.37", "tws-10.50"])
def test_a_recording_of_the_simulator_is_answered_as_it_was(profile: str) -> None:
    found = verified(run(recorded((*READING, *ORDERS), profile=profile)))
    assert named(found) == []
    assert (found.as_recorded, found.unasked, found.simulation.profile.name) == (True, 0, profile)
    assert found.requests == 2 * len((*READING, *ORDERS))
    assert found.total.equal > 120
    assert found.total.own == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_so_is_one_that_was_cleaned(profile: str) -> None:
    recording, cleaner = read_recording(file_of(profile)), Cleaner()
    cleaned = replace(recording, entries=tuple(cleaner.clean(entry) for entry in recording.entries))
    assert cleaned.entries != recording.entries
    found = run(verify(cleaned))
    assert named(found) == []
    assert found.total.fields_alike > 50


@pytest.mark.parametrize("profile", ["gateway-10.30", "gateway-10.45"])
def test_so_is_one_of_a_market_that_moves(profile: str) -> None:
    found = verified(run(recorded(READING, profile=profile, seed=7)), seed=7)
    assert named(found) == []
    assert found.total.equal > 120


def test_a_client_that_speaks_less_than_the_gateway_is_answered_as_it_was() -> None:
    found = verified(run(recorded(READING, most=178)))
    assert named(found) == []
    assert found.counts["version_reply"].equal == 1


def with_value(field: str, value: Value) -> Any:
    return lambda message: [Message(message.name, {**message.values, field: value})]


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        ("contract_data", "market_name", "XMS"),
        ("contract_data", "con_id", 1),
        ("position", "trading_class", "XXX"),
        ("account_value", "account", "DU9000099"),
        ("error", "code", 2103),
        ("market_depth_l2", "side", 7),
        ("market_rule", "increments", ({"low_edge": 0.0, "increment": 0.5},)),
        ("tick_price", "tick_type", 49),
        ("historical_data", "bars", ()),
    ],
)
def test_a_field_that_was_altered_is_named_and_nothing_else(
    message: str, field: str, value: Value, reading: Recording
) -> None:
    found = verified(changed(reading, message, with_value(field, value)))
    assert {each.message for each in found.differences} == {message}
    assert all(field in each.field for each in found.differences)


def test_a_message_that_the_simulator_does_not_send_is_missing(reading: Recording) -> None:
    twice = changed(reading, "contract_data_end", lambda message: [message, message])
    found = verified(twice)
    assert named(found) == [(Kind.MISSING, "contract_data_end", "", "req_contract_data")]
    assert found.counts["contract_data_end"].missing == 1


def test_a_message_that_was_not_recorded_is_extra_if_there_was_time_for_it() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_current_time")
    script.waits(2.0)
    assert (Kind.EXTRA, "current_time", "", "req_current_time") in named(run(verify(script.recording())))


def test_what_follows_a_message_that_is_missing_is_compared_with_itself(reading: Recording) -> None:
    def other(message: Message) -> Iterable[Message]:
        return [Message("contract_data", {**message.values, "con_id": 5, "symbol": "X", "long_name": "Y"}), message]

    found = verified(changed(reading, "contract_data", other))
    assert named(found) == [(Kind.MISSING, "contract_data", "con_id", "req_contract_data")]
    assert found.differences[0].recorded == "con_id 5"


def test_holdings_of_another_account_are_its_own(reading: Recording) -> None:
    found = verified(changed(reading, "position", with_value("con_id", 4711)))
    assert named(found) == []
    assert found.counts["position"].own == 2


def test_other_prices_times_amounts_and_ids_are_alike(reading: Recording) -> None:
    recording = reading
    for message, field, value in (
        ("tick_price", "price", 99.5),
        ("pnl", "daily_pnl", 12345.67),
        ("position", "position", "1234"),
        ("next_valid_id", "order_id", 900),
        ("current_time", "time", 1_700_000_000),
    ):
        recording = changed(recording, message, with_value(field, value))
    found = verified(recording)
    assert named(found) == []
    assert found.total.fields_alike >= 5


def test_an_account_is_asked_by_the_name_that_the_simulated_one_has() -> None:
    script = Script()
    one = script.connect(client_id=7)
    script.asks(one, "req_account_updates", subscribe=True, account="DU1234567")
    script.says(one, "account_download_end", account="DU1234567")
    recording = script.recording()
    entries = changed(recording, "managed_accounts", with_value("accounts", "DU1234567"))
    asked = run(ask(entries, dialogues_of(entries), simulation_of(entries, dialogues_of(entries))))
    assert asked.accounts == {"DU1234567": ACCOUNT}
    (dialogue,) = dialogues_of(asked.recording)
    assert dialogue.exchanges[0].request["account"] == ACCOUNT
    assert dialogue.exchanges[0].ended
    assert {each.message for each in run(verify(entries)).differences} & {"account_download_end"} == set()


def test_a_recording_that_ends_early_has_nothing_extra() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_contract_data", req_id=4, symbol="AAPL", sec_type="STK")
    assert not [each for each in run(verify(script.recording())).differences if each.request == "req_contract_data"]


def test_what_cannot_be_read_or_is_not_known_is_different_or_missing() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)
    recording = script.recording()
    last = recording.entries[-1]
    assert isinstance(last, Framed)
    broken = [replace(last, payload=payload) for payload in (b"49\x001\x00x\x00", b"999\x001\x00")]
    found = run(verify(replace(recording, entries=(*recording.entries[:-1], *broken))))
    assert {(each.kind, each.message, each.field) for each in found.differences} >= {
        (Kind.DIFFERENT, "current_time", "time"),
        (Kind.MISSING, "message 999", ""),
    }


@pytest.mark.parametrize(
    ("build", "version", "most", "profile", "exact"),
    [
        ("10.40.1c", 178, 178, "gateway-10.40", True),
        ("", 203, 226, "gateway-10.37", True),
        ("", 217, 217, "gateway-10.41", False),
        ("", 216, 226, "gateway-10.41", False),
        ("9.99", 999, 1000, "gateway-10.51", False),
    ],
)
def test_the_simulated_gateway_is_of_the_recorded_version_or_the_nearest(
    build: str,
    version: int,
    most: int,
    profile: str,
    exact: bool,  # noqa: FBT001
) -> None:
    script = Script()
    script.connect(version, most=most)
    recording = with_gateway(script.recording(), build=build)
    chosen = simulation_of(recording, dialogues_of(recording))
    assert (chosen.profile.name, chosen.exact) == (profile, exact)


def test_clients_are_apart_if_they_were_and_paced_if_they_were_not() -> None:
    script = Script()
    script.connect()
    for kind, apart in (("simulator", True), ("address", False)):
        recording = with_gateway(script.recording(), kind=kind)
        chosen = simulation_of(recording, dialogues_of(recording))
        assert (chosen.apart, chosen.behaviour.pacing) == (apart, not apart)


def test_the_simulated_gateway_has_the_settings_that_were_told() -> None:
    settings: dict[str, Value] = {"read_only": True, "master_client_id": 3, "sends_lots": True}
    script = Script()
    one = script.connect(223)
    script.asks(one, "req_config", req_id=1)
    script.says(one, "config", req_id=1, **settings)
    script.asks(one, "req_open_orders")
    recording = script.recording()
    behaviour = simulation_of(recording, dialogues_of(recording)).behaviour
    assert behaviour.as_json().items() >= settings.items()


@given(entries=entries_recorded())
def test_whatever_a_recording_has_is_asked(entries: tuple[Entry, ...]) -> None:
    summary = Summary()
    for entry in entries:
        summary.take(entry)
    found = run(verify(Recording(manifest=summary.manifest(HEAD), entries=entries)))
    dialogues = dialogues_of(Recording(manifest=summary.manifest(HEAD), entries=entries))
    assert found.connections == len(dialogues)
    assert not found.as_recorded or any(dialogue.reply is not None for dialogue in dialogues)


def test_a_day_without_a_request_passes_at_once() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_market_data", req_id=5, con_id=265598, exchange="SMART")
    script.waits(86_400)
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)
    assert verified(script.recording(), seed=1).counts["current_time"].equal == 1


def test_a_moment_at_which_the_world_has_no_contracts_is_said() -> None:
    script = Script()
    script.connect()
    recording = script.recording()
    with pytest.raises(UsageError, match="contracts from"):
        verified(recording, seed=1, began=datetime(1990, 1, 1, tzinfo=UTC))


def test_a_client_that_the_simulator_turns_away_misses_all() -> None:
    script = Script()
    one = script.connect(client_id=7)
    two = script.connect(client_id=7)
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)
    script.asks(two, "req_current_time")
    script.says(two, "current_time", time=1)
    found = run(verify(script.recording()))
    assert found.counts["current_time"].missing == found.counts["current_time"].equal == 1
    assert (Kind.EXTRA, "error", "code", "start") in named(found)
