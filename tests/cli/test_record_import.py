"""``ib-compat record --import``: what it makes of what people already have, and what it leaves when it cannot."""

from __future__ import annotations

import stat
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.recordings.archive import read_recording
from harness.recordings.imports.lossy_cutter import LOST
from harness.recordings.recording import Framed, Greeted
from harness.results.transcript_file import write_transcript
from harness.shared.errors import ExitCode
from harness.wire.message import Sender
from harness.wire.transcript import Change
from tests.recordings.imports.capturing import HELLO, Wire, begun, blocks, classic
from tests.wire.transcripts import conversation, event

ACCOUNT = "DU9004321"
CAPTURE = [
    replace(each, data=each.data.replace(b"DU9000001", ACCOUNT.encode()))
    for each in begun().ends(Sender.CLIENT).ends(Sender.GATEWAY).packets
]


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    file = tmp_path / "some.pcapng"
    file.write_bytes(blocks(CAPTURE))
    return file


def record(*words: object) -> int:
    return main(["record", "--import", *map(str, words)])


def test_a_capture_becomes_a_recording_without_anything_personal(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(capture, tmp_path / "mine") == ExitCode.AS_EXPECTED
    recording = read_recording(tmp_path / "mine.ibrec")
    assert recording.manifest.cleaned
    assert [each.data for each in recording.entries if isinstance(each, Greeted)] == [HELLO]
    kept = b"".join(each.payload for each in recording.entries if isinstance(each, Framed))
    whole = recording.manifest.model_dump_json().encode() + kept
    assert ACCOUNT.encode() in b"".join(each.data for each in CAPTURE)
    for personal in (ACCOUNT, "192.0.2", "secret-host", "secret-interface", "secret-program", "secret-comment"):
        assert personal.encode() not in whole
    assert "mine.ibrec" in capsys.readouterr().out
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mine.ibrec", "some.pcapng"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_what_is_not_cleaned_is_kept_for_its_owner_if_wanted(capture: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw.ibrec"
    assert record("--keep-raw", raw, capture, tmp_path / "mine.ibrec") == ExitCode.AS_EXPECTED
    assert stat.S_IMODE(raw.stat().st_mode) == 0o600
    recording = read_recording(raw)
    assert not recording.manifest.cleaned
    assert any(ACCOUNT.encode() in each.payload for each in recording.entries if isinstance(each, Framed))


def test_several_files_become_one_recording(capture: Path, tmp_path: Path) -> None:
    write_transcript(tmp_path / "wire.jsonl", conversation(178, event(0.9, Change.CLOSED)))
    assert record(capture, tmp_path / "wire.jsonl", tmp_path / "mine.ibrec") == ExitCode.AS_EXPECTED
    clients = read_recording(tmp_path / "mine.ibrec").manifest.clients
    assert sorted(each.server_version or 0 for each in clients) == [178, 203]


def test_a_folder_becomes_a_recording(tmp_path: Path) -> None:
    (tmp_path / "cell").mkdir()
    write_transcript(tmp_path / "cell" / "wire.jsonl", conversation(178, event(0.9, Change.CLOSED)))
    assert record(tmp_path / "cell", tmp_path / "mine.ibrec") == ExitCode.AS_EXPECTED
    assert read_recording(tmp_path / "mine.ibrec").manifest.clients


def test_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some.pcap").write_bytes(classic(CAPTURE[:6] + CAPTURE[7:]))
    assert record(tmp_path / "some.pcap", tmp_path / "mine.ibrec") == ExitCode.AS_EXPECTED
    assert LOST in " ".join(capsys.readouterr().out.split())


def test_connections_that_are_not_in_the_recording_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    web = [Wire(ports=(port, 80)).opens().says(Sender.CLIENT, b"GET / HTTP/1.1").packets for port in (1000, 1001, 1002)]
    (tmp_path / "some.pcap").write_bytes(classic([*CAPTURE, *chain(*web)]))
    assert record(tmp_path / "some.pcap", tmp_path / "mine.ibrec") == ExitCode.AS_EXPECTED
    assert "3 other connections" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (classic(CAPTURE[6:]), ()),
        (classic(CAPTURE), ("--port", "4001")),
        (classic(CAPTURE[6:]), ("--port", "4002")),
        (classic(CAPTURE)[:24], ()),
        (b"nothing", ()),
        (classic(CAPTURE) + b"\xff" * 40, ()),
    ],
    ids=["late", "another port", "late at a port", "empty", "other", "damaged"],
)
def test_nothing_is_left_of_what_is_no_recording(
    data: bytes, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "some.pcap").write_bytes(data)
    keep = ("--keep-raw", tmp_path / "raw.ibrec")
    assert record(*words, *keep, tmp_path / "some.pcap", tmp_path / "mine.ibrec") == ExitCode.HARNESS_FAILED
    assert "some.pcap" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["some.pcap"]


def test_nothing_is_overwritten(capture: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.ibrec").write_text("mine", encoding="utf-8")
    assert record(capture, tmp_path / "mine.ibrec") == ExitCode.WRONG_USE
    assert (tmp_path / "mine.ibrec").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("words", [["--import", "one.pcap"], ["--import"], ["--port", "4002", "--inspect", "a.ibrec"]])
def test_words_that_say_too_little_are_refused(words: list[str]) -> None:
    assert main(["record", *words]) == ExitCode.WRONG_USE


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_capture_is_refused_or_recorded_and_never_a_traceback(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    made = bytearray(data.draw(st.sampled_from([classic(CAPTURE), blocks(CAPTURE)])))
    for place in data.draw(st.lists(st.integers(0, len(made) - 1), max_size=20)):
        made[place] = data.draw(st.integers(0, 255))
    (folder / "some.pcap").write_bytes(made)
    assert record(folder / "some.pcap", folder / "mine.ibrec") in {ExitCode.AS_EXPECTED, ExitCode.HARNESS_FAILED}
