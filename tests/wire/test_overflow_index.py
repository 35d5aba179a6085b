"""What a gateway said after the transcript was full is known by kind, request, count and time, in bounded room."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnose.cell_verdict import diagnose_cell
from harness.diagnose.transcript_facts import wire_facts
from harness.results.answers.truth_sent import heard
from harness.results.transcript_file import FILE, read_transcript, write_transcript
from harness.run.tap.recorder import Limits, Recorder
from harness.shared.evidence import CheckRecord
from harness.shared.status import Fault, Status
from harness.wire import overflow_index as indexing
from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.framing import encode_frame
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from harness.wire.overflow_index import Index, number_of
from harness.wire.side import ClientSide, GatewaySide
from harness.wire.transcript import LeftOut, Passed, Transcript
from harness.wire.transcript_words import in_words
from tests.diagnose.cells import red

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.diagnose.verdict import Diagnosis
    from harness.shared.evidence import WireFacts

VERSIONS = pytest.mark.parametrize("version", [178, 203, 226])
KEPT = 2000
"""Bytes of the gateway that are kept: the start of a session and some of what follows."""

OPENED = 1000.0
NOON = (OPENED, datetime(2026, 11, 21, 12, tzinfo=UTC))
"""All is said at one moment: what a busy machine takes to write it down must not look like a late answer."""

POSITION = Message("position", {"account": "DU9000001", "con_id": 265598, "symbol": "AAPL", "position": "100"})
POSITIONS = [POSITION] * 1000
END = Message("position_end", {})


def recorded(
    version: int, asked: Message, answer: Iterable[Message], *, before: Iterable[Message] = (), piece: int = 4096
) -> Transcript:
    """A session in which one thing is asked, as a tap records it that keeps little; what comes is cut into pieces."""
    client, gateway = ClientSide(Hello(min_version=100, max_version=version)), GatewaySide()
    recorder = Recorder(gateway=("127.0.0.1", 4002), limits=Limits(gateway=KEPT), monotonic=lambda: OPENED, opened=NOON)

    def says(data: bytes) -> None:
        for start in range(0, len(data), piece):
            recorder.chunk(1, Sender.GATEWAY, data[start : start + piece])

    hello = client.greet()
    recorder.chunk(1, Sender.CLIENT, hello)
    list(gateway.receive(hello))
    reply = gateway.accept(VersionReply(server_version=version, connection_time="20261121 10:00:00 EST"))
    list(client.receive(reply))
    says(reply)
    recorder.chunk(1, Sender.CLIENT, client.send(Message("start_api", {"client_id": 7})))
    says(gateway.send(Message("managed_accounts", {"accounts": "DU9000001"})))
    says(gateway.send(Message("next_valid_id", {"order_id": 1})))
    says(b"".join(map(gateway.send, before)))
    recorder.chunk(1, Sender.CLIENT, client.send(asked))
    says(b"".join(map(gateway.send, answer)))
    return recorder.transcript()


ASKED = Message("req_positions")


def verdict(wire: WireFacts, check: str = "positions") -> Diagnosis:
    return diagnose_cell(red(check, wire=wire))


def became(wire: WireFacts) -> tuple[str, bool, bool]:
    (request,) = wire.requests
    return request.name, request.after is not None, request.refused is not None


@VERSIONS
@pytest.mark.parametrize("piece", [1, 7, 4096, 10**6])
def test_the_end_of_an_answer_is_known_beyond_what_is_kept(version: int, piece: int) -> None:
    wire = wire_facts(recorded(version, ASKED, [*POSITIONS, END], piece=piece))
    assert (wire.whole, wire.indexed, wire.unread) == (False, True, 0)
    assert became(wire) == ("req_positions", True, False)
    found = verdict(wire)
    assert (found.code, found.fault) == ("answer-not-kept", Fault.UNKNOWN)


@VERSIONS
def test_an_end_that_never_came_is_the_gateways_fault_though_not_all_was_kept(version: int) -> None:
    wire = wire_facts(recorded(version, ASKED, POSITIONS))
    assert became(wire) == ("req_positions", False, False)
    found = verdict(wire)
    assert (found.code, found.fault) == ("gateway-does-not-answer", Fault.GATEWAY)
    assert [line for line in found.because if "req_positions" in line], "the request that has no answer"


@VERSIONS
def test_an_error_is_read_beyond_what_is_kept(version: int) -> None:
    asked = Message("req_contract_data", {"req_id": 9, "symbol": "AAPL"})
    error = Message("error", {"req_id": 9, "code": 200, "text": "No security definition has been found"})
    wire = wire_facts(recorded(version, asked, [*POSITIONS, error]))
    assert became(wire) == ("req_contract_data", False, True)
    assert verdict(wire, "contract_details").code == "request-refused"


BARS = Message("historical_data", {"req_id": 9, "bars": [{"date": "20261120", "close": 1.5}] * 500})
BARS_END = Message("historical_data_end", {"req_id": 9})


@VERSIONS
@pytest.mark.parametrize("number", [9, 8])
def test_the_end_of_another_request_ends_none(version: int, number: int) -> None:
    asked = Message("req_historical_data", {"req_id": number, "symbol": "ES"})
    wire = wire_facts(recorded(version, asked, [*POSITIONS, BARS, BARS_END]))
    assert became(wire) == ("req_historical_data", number == 9, False)


@pytest.mark.parametrize("rest", [b"x\0", b"9"])
def test_an_end_that_cannot_be_read_decides_nothing(rest: bytes) -> None:
    broken = encode_frame(Codec(178).encode(Message("account_summary_end", {"req_id": 9}))[:-2] + rest)
    index = Index(1)
    index.hear(0.0, encode_frame(b"178\x0020261121 10:00:00 EST\0"), kept=True)
    index.hear(0.1, broken, kept=False)
    assert not index.whole


@pytest.mark.parametrize("before", [0, 1000])
def test_what_was_not_kept_is_the_truth_of_nothing(before: int) -> None:
    transcript = recorded(203, ASKED, [*POSITIONS, END], before=POSITIONS[:before])
    began = transcript.began.timestamp()
    check = CheckRecord(name="positions", status=Status.PASS, seconds=60.0, began=began, detail={"records": []})
    assert heard(transcript, in_words(transcript), [check]) == {}


def test_it_says_what_came_how_often_and_what_for() -> None:
    words = [line.text for line in in_words(recorded(203, ASKED, [*POSITIONS, BARS, END, END]))]
    kept = sum(text.startswith("position account") for text in words)
    assert {text.partition(",")[0] for text in words if "bytes, not kept" in text} == {
        "1 of historical data for 9",
        f"{1000 - kept} of position",
    }
    assert words.count("position end") == 2
    assert kept > 0


@VERSIONS
def test_a_file_keeps_it(version: int, tmp_path: Path) -> None:
    transcript = recorded(version, ASKED, [*POSITIONS, BARS, END])
    write_transcript(tmp_path / FILE, transcript)
    again = read_transcript(tmp_path / FILE)
    assert [untimed(each) for each in again.entries] == [untimed(each) for each in transcript.entries]


def untimed(entry: Any) -> Any:
    return replace(entry, at=0.0)


ENDS = sorted({end.name for kind in catalogue().by_id.values() for end in kind.ends})


NEVER_TEXT = {"config", "update_config_response"}
"""What no Gateway writes as text."""


@pytest.mark.parametrize("version", [145, 178, 200, 203, 226])
@pytest.mark.parametrize("number", [0, 7, 300, 2**31 - 1, -1])
def test_the_number_of_every_end_is_read_as_the_codec_reads_it(version: int, number: int) -> None:
    codec = Codec(version)
    for kind in map(catalogue().by_name.__getitem__, ENDS):
        if kind.protobuf_since > version and kind.name in NEVER_TEXT:
            continue
        field = next((each.name for each in kind.fields if each.name in indexing.NUMBERS), None)
        payload = codec.encode(Message(kind.name, {field: number} if field else {}))
        unread = codec.decode(payload, Sender.GATEWAY, only=frozenset())
        assert not isinstance(unread, Message)
        read = codec.decode(payload, Sender.GATEWAY)
        assert isinstance(read, Message)
        right = read.number(field) if field else None
        assert number_of(kind, unread.encoding, unread.body, version) == right, kind.name


def hundred_thousand(message: Message, version: int) -> Index:
    """An index that heard a hundred thousand messages that were not kept."""
    index = Index(1)
    index.hear(0.0, encode_frame(f"{version}\x0020261121 10:00:00 EST\0".encode()), kept=True)
    thousand = encode_frame(Codec(version).encode(message)) * 1000
    for turn in range(100):
        index.hear(float(turn), thousand, kept=False)
    return index


def test_a_hundred_thousand_records_take_little_room() -> None:
    index = hundred_thousand(Message("account_update_multi", {"req_id": 7}), 203)
    assert index.whole
    assert [(each.count, each.number, each.at) for each in index.passed()] == [(100_000, 7, 99.0)]
    assert len(pickle.dumps(index)) < 10_000


def test_more_ends_than_it_has_room_for_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MOST", 10)
    wire = wire_facts(recorded(203, ASKED, [*POSITIONS, *[END] * 11]))
    assert (wire.whole, wire.indexed) == (False, False)
    assert verdict(wire).code == "nobody-saw"


def test_what_the_client_said_and_was_not_kept_is_not_known() -> None:
    recorder = Recorder(gateway=("127.0.0.1", 4002), limits=Limits(client=10))
    hello = ClientSide(Hello(min_version=100, max_version=178)).greet()
    recorder.chunk(1, Sender.CLIENT, hello)
    recorder.chunk(1, Sender.GATEWAY, encode_frame(b"178\x0020261121 10:00:00 EST\0"))
    (left_out,) = [entry for entry in recorder.transcript().entries if isinstance(entry, LeftOut)]
    assert not left_out.indexed
    assert not any(isinstance(entry, Passed) for entry in recorder.transcript().entries)
