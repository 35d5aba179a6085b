"""The control asks what libraries ask before they call themselves connected: where it may, and nothing but reading."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import pytest

from harness.diagnose.control.attempt import attempt
from harness.diagnose.control.attempt_state import Asks, Try
from harness.diagnose.control.first_requests import Asking
from harness.diagnose.gateway_facts import of_search
from harness.gateways.replay.server import ReplayedGateway
from harness.known.scenarios import Behaviour
from harness.recordings.recording import Recording
from harness.shared.evidence import Answer, ApiSettings, ProbeRecord, Search
from harness.wire.hello import Hello
from harness.wire.message import Message
from tests.diagnose.control.hearing import Hearing, hearing
from tests.gateways.simulator.talk import run, simulated
from tests.recordings.making import Script

ATTEMPT = importlib.import_module("harness.diagnose.control.attempt")
"""The module; the package has a function of that name."""

ALL = ("positions", "open orders", "completed orders", "account updates", "account updates multi", "executions")
NEVER_SENT = {
    "position_end": "positions",
    "open_orders_end": "open orders",
    "completed_orders_end": "completed orders",
    "account_download_end": "account updates",
    "account_update_multi_end": "account updates multi",
    "execution_details_end": "executions",
}
VERSIONS = (163, 200, 203, 226)
"""Text, text with raw ids, and protobuf."""

READS = {"req_positions", "req_open_orders", "req_completed_orders", "req_account_updates", "req_account_updates_multi"}


def allowed(_accounts: Sequence[str]) -> None:
    return None


def refused(_accounts: Sequence[str]) -> str:
    return "it is real money"


def made(port: int, version: int = 226, asks: Asks | None = None) -> Try:
    announced = Hello(min_version=100, max_version=version)
    wanted = asks or Asks(why_not=allowed)
    return Try(host="127.0.0.1", port=port, client_id=7399, timeout=30, announced=announced, asks=wanted)


def asked(version: int = 226, asks: Asks | None = None, scenario: str | None = None, **played: object) -> ProbeRecord:
    """What the control asked of a simulated gateway; it must have passed all the same."""

    async def met() -> ProbeRecord:
        async with simulated(scenario=scenario, behaviour=Behaviour(**played)) as gateway:  # type: ignore[arg-type]
            return await attempt(made(gateway.port, version, asks))

    record = run(met())
    assert record.passed
    return record


def answers(record: ProbeRecord) -> dict[str, Answer]:
    return {each.request: each.answer for each in record.asked}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_gateway_that_is_well_answers_all_that_libraries_ask_first(version: int) -> None:
    assert answers(asked(version)) == dict.fromkeys(ALL, Answer.ANSWERED)


@pytest.mark.parametrize("end", NEVER_SENT)
def test_what_is_not_answered_is_known_by_its_name(end: str) -> None:
    record = asked(never_sent=(end,), asks=Asks(why_not=allowed, timeout=1.5))

    assert answers(record) == {**dict.fromkeys(ALL, Answer.ANSWERED), NEVER_SENT[end]: Answer.UNANSWERED}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_read_only_api_refuses_what_is_about_orders_in_words_that_are_kept(version: int) -> None:
    record = asked(version, scenario="read-only", asks=Asks(why_not=allowed, timeout=30))

    assert answers(record) == {
        **dict.fromkeys(ALL, Answer.ANSWERED),
        "open orders": Answer.REFUSED,
        "completed orders": Answer.REFUSED,
    }
    assert [each.request for each in record.asked if each.is_read_only] == ["open orders", "completed orders"]


def test_who_ends_the_connection_has_answered_nothing_and_was_ready_all_the_same() -> None:
    record = asked(scenario="closes-on-first-request")

    assert answers(record) == dict.fromkeys(ALL, Answer.ENDED)


def test_where_it_may_not_nothing_is_read() -> None:
    """The gateway ends the connection at the first of the reading requests."""
    for request in READS | {"req_executions"}:
        record = asked(closes_on=request, asks=Asks(why_not=refused))
        assert (record.asked, record.unasked) == ((), "it is real money")
        assert record.settings is not None


def test_a_gateway_tells_its_settings_from_server_version_219_on() -> None:
    told = asked(219, read_only=True, master_client_id=7, trusted_ips=("10.0.0.7",), localhost_only=False).settings

    assert told == ApiSettings(
        read_only=True,
        master_client_id=7,
        trusted_ips=("10.0.0.7",),
        time_zone="instrument",
        download_open_orders=True,
    )
    assert asked(218).settings is None


def test_a_gateway_that_does_not_tell_its_settings_is_not_waited_for() -> None:
    record = asked(never_sent=("config",), asks=Asks(why_not=allowed, timeout=1_000))

    assert record.settings is None
    assert answers(record) == dict.fromkeys(ALL, Answer.ANSWERED)


def test_what_was_subscribed_to_is_cancelled_but_for_what_clients_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ATTEMPT, "_SETTINGS", 0.1)

    async def said() -> list[Message]:
        gateway = Hearing()
        async with hearing(gateway) as listener:
            await attempt(made(listener.port, asks=Asks(why_not=allowed, timeout=0.2)))
        return gateway.heard[0].messages

    names = [each.name for each in run(said())]
    assert set(names) == {
        *READS,
        *("start_api", "req_executions", "cancel_positions", "cancel_account_updates_multi"),
    }
    assert names.index("cancel_positions") > names.index("req_executions")
    assert len(names) == len(set(names))


def named(asking: Asking) -> list[str]:
    return [each.name for each in asking.requests]


def test_only_what_libraries_ask_is_asked() -> None:
    """With several accounts they leave the updates of one account out, above fifty those of each, too."""
    two, many = Asking(["DU9000001", "DU9000002"], 178), Asking([f"DU9{number:06}" for number in range(51)], 178)

    assert "req_account_updates" not in named(two)
    assert named(two).count("req_account_updates_multi") == 2
    assert not [name for name in named(many) if name.startswith("req_account_updates")]
    assert "req_completed_orders" not in named(Asking(["DU9000001"], 149))


def test_the_settings_are_asked_for_and_never_changed() -> None:
    assert named(Asking([], 219, reads=False)) == ["req_config"]
    assert named(Asking([], 218, reads=False)) == []


def error(code: int, req_id: int, text: str = "no") -> Message:
    return Message("error", {"code": code, "req_id": req_id, "text": text})


def test_a_refusal_without_a_number_is_laid_at_what_stays_open() -> None:
    asking = Asking(["DU9000001"], 178)
    for end in NEVER_SENT:
        if end != "account_download_end":
            number = next((each.values["req_id"] for each in asking.requests if _ends(each, end)), -1)
            asking.take(Message(end, {"req_id": number} if number != -1 else {}))
    states = []
    for notice in (error(2104, -1), error(321, -1, "Invalid account code")):
        asking.take(notice)
        states.append(asking.answered)

    assert states == [False, True]
    refused_ = [each for each in asking.records(Answer.UNANSWERED) if each.answer is Answer.REFUSED]
    assert [(each.request, each.said) for each in refused_] == [("account updates", "error 321: Invalid account code")]


def _ends(request: Message, end: str) -> bool:
    ends = {"req_executions": "execution_details_end", "req_account_updates_multi": "account_update_multi_end"}
    return ends.get(request.name) == end


def at_a_replay(recording: Recording, version: int = 223) -> ProbeRecord:
    """What the control asked of a replayed gateway; it must have passed all the same."""

    async def met() -> ProbeRecord:
        async with ReplayedGateway(recording) as gateway:
            return await attempt(made(gateway.port, version, Asks(why_not=allowed, timeout=1.5)))

    record = run(met())
    assert record.passed
    return record


def start_of(record: ProbeRecord) -> str:
    return of_search(Search(attempts=(record,)), port=4002).start


@pytest.mark.parametrize("version", [178, 223])
def test_what_is_not_in_a_recording_is_no_silence_of_the_gateway_that_replays_it(version: int) -> None:
    script = Script()
    script.connect(223)
    record = at_a_replay(script.recording(), version)

    assert answers(record) == {}
    assert record.unasked is not None
    assert set(record.unasked.split("; ")) == {f"not in this recording: {name}" for name in (*READS, "req_executions")}
    assert start_of(record) == ""


def test_an_answer_that_is_in_a_recording_counts_and_does_not_speak_for_the_rest() -> None:
    script = Script()
    one = script.connect(223)
    script.asks(one, "req_positions")
    script.says(one, "position_end")
    record = at_a_replay(script.recording())

    assert answers(record) == {"positions": Answer.ANSWERED}
    assert start_of(record) == ""


def test_a_silence_that_was_recorded_is_one() -> None:
    script = Script()
    one = script.connect(223)
    script.asks(one, "req_positions")
    script.waits(2.0)
    record = at_a_replay(script.recording())

    assert answers(record) == {"positions": Answer.UNANSWERED}
    assert start_of(record) == Answer.UNANSWERED
