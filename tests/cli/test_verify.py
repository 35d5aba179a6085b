"""``ib-compat verify``: what it prints, and its exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import tomllib

from harness.cli import main
from harness.recordings.archive import read_recording
from harness.recordings.recording import Framed
from harness.shared.errors import ExitCode
from harness.wire.message import Message
from tests.recordings.made import packed
from tests.recordings.making import Script
from tests.recordings.simulated import file_of, head_of
from tests.verify.sessions import changed

PROFILE = "gateway-10.45"


@pytest.fixture(name="altered")
def altered_once(tmp_path: Path) -> Path:
    recording = read_recording(file_of(PROFILE))

    def other(message: Message) -> list[Message]:
        return [Message(message.name, {**message.values, "market_name": "\x1b[31mX"})]

    return packed(tmp_path, changed(recording, "contract_data", other).entries, head_of(PROFILE))


def test_a_recording_of_the_simulator_is_as_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file_of(PROFILE))]) == ExitCode.AS_EXPECTED

    out = capsys.readouterr().out
    assert "gateway 10.45" in out
    assert "its build is 10.45" in out
    assert "100 %" in out
    assert [line.split()[0] for line in out.splitlines() if line.startswith(("position ", "all "))] == [
        "position",
        "all",
    ]


def test_what_differs_is_named_with_both_values(altered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(altered)]) == ExitCode.INCOMPATIBLE

    out = capsys.readouterr().out
    assert "contract_data.market_name" in out
    assert "100 %" not in out
    assert "\x1b" not in out


def test_it_is_had_as_json(altered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(altered), "--json"]) == ExitCode.INCOMPATIBLE

    document = json.loads(capsys.readouterr().out)
    assert (document["profile"], document["exact"], document["as_recorded"]) == (PROFILE, True, False)
    assert document["total"]["different"] == document["messages"]["contract_data"]["different"] == 1
    (difference,) = document["differences"]
    assert (difference["kind"], difference["message"], difference["field"]) == (
        "different",
        "contract_data",
        "market_name",
    )
    assert (difference["request"], difference["times"]) == ("req_contract_data", 1)


def test_another_version_and_another_market_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--gateway", "10.19", "--market", "moving", "--seed", "3", "--at", "2026-11-27T15:30:00Z"]
    assert main(["verify", str(file_of(PROFILE)), "--json", *options]) == ExitCode.INCOMPATIBLE

    document = json.loads(capsys.readouterr().out)
    assert (document["profile"], document["seed"]) == ("gateway-10.19", 3)
    assert any(each["message"] == "version_reply" for each in document["differences"])


def test_a_recording_that_is_not_there_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "none.ibrec")]) == ExitCode.WRONG_USE
    assert "is not there" in capsys.readouterr().err


def test_a_profile_that_is_not_there_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file_of(PROFILE)), "--gateway", "10.4"]) == ExitCode.WRONG_USE
    assert "did you mean" in capsys.readouterr().err


def test_what_it_teaches_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file_of(PROFILE)), "--learn", "-"]) == ExitCode.AS_EXPECTED
    printed = capsys.readouterr().out
    file = tmp_path / "learned.toml"
    assert main(["verify", str(file_of(PROFILE)), "--learn", str(file)]) == ExitCode.AS_EXPECTED

    assert file.read_text("utf-8") == printed
    (profile,) = tomllib.loads(printed)["profile"]
    assert (profile["version"], profile["server_version"], profile["evidence"]) == ("10.45", 223, "inferred")


def test_what_it_teaches_cannot_be_written_to_a_place_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["verify", str(file_of(PROFILE)), "--learn", str(tmp_path / "none" / "learned.toml")]
    assert main(arguments) == ExitCode.HARNESS_FAILED
    assert "cannot be written" in capsys.readouterr().err


def test_another_version_and_what_could_not_be_asked_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Script()
    one = script.connect(216, most=226)
    script.asks(one, "req_current_time")
    *entries, last = script.recording().entries
    assert isinstance(last, Framed)
    unreadable = replace(last, payload=b"\0\0\0\x31")
    head = head_of(PROFILE)
    unknown = head.model_copy(update={"gateway": head.gateway.model_copy(update={"build": ""})})
    assert main(["verify", str(packed(tmp_path, [*entries, unreadable], unknown))]) == ExitCode.INCOMPATIBLE

    out = capsys.readouterr().out
    assert "the nearest to server version 216" in out
    assert "1 request could not be asked" in out
    assert "version_reply.server_version: 216 recorded, 217 simulated" in " ".join(out.split())


@pytest.mark.parametrize("kept", [0, 1, 2], ids=["nothing", "a connection", "a hello"])
def test_a_recording_with_nothing_to_compare_is_not_as_recorded(
    kept: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Script()
    script.connect(223, most=226)
    entries = list(script.recording().entries)[:kept]
    assert main(["verify", str(packed(tmp_path, entries, head_of(PROFILE)))]) == ExitCode.HARNESS_FAILED

    told = capsys.readouterr()
    assert "there is nothing to compare" in " ".join(told.err.split())
    assert "100 %" not in told.out


def test_how_much_of_a_recording_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script()
    one = script.connect(223, most=226)
    script.omits(one)
    script.asks(one, "req_positions")
    script.omits(one)
    file = packed(tmp_path, script.recording().entries, head_of(PROFILE))
    main(["verify", str(file)])
    page = " ".join(capsys.readouterr().out.split())
    main(["verify", str(file), "--json"])
    document = json.loads(capsys.readouterr().out)

    assert "2 messages of the gateway are not in the recording, and 1 answer may go on" in page
    assert (document["omitted"], document["cut"]) == (2, 1)
