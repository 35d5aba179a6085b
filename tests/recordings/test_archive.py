"""Archives: what is written is read, and what is not as it was written is refused, whoever made it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from harness.recordings import packing, summary
from harness.recordings.archive import RecordingFile, manifest_schema, read_recording
from harness.recordings.entry_lines import to_line
from harness.recordings.packing import pack, target_of
from harness.recordings.recording import Ended, Entry, Framed, Opened, Recording, Segment
from harness.shared.errors import IbCompatError, InputError, ResultsError, UnwritableError
from harness.wire.hello import VersionReply
from harness.wire.message import Message, Sender
from harness.wire.transcript import Change
from tests.recordings.made import (
    HEAD,
    SESSION,
    frame,
    members_of,
    packed,
    read_back,
    recorded,
    with_manifest,
    write_part,
    zipped,
)

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "recording.schema.json"
FIRST = "frames/000001.jsonl"


@pytest.fixture(name="good", scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return packed(tmp_path_factory.mktemp("good"), SESSION).read_bytes()


def in_a_folder(entries: tuple[Entry, ...]) -> tuple[Recording, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        file = packed(Path(folder), entries)
        return read_recording(file), file.read_bytes()


@given(entries=recorded())
def test_what_is_written_is_read(entries: tuple[Entry, ...]) -> None:
    assert in_a_folder(entries)[0].entries == entries


@given(entries=recorded())
def test_the_same_entries_make_the_same_bytes(entries: tuple[Entry, ...]) -> None:
    assert in_a_folder(entries)[1] == in_a_folder(entries)[1]


@given(data=st.data())
def test_a_flipped_byte_is_an_error_or_changes_nothing(data: st.DataObject, good: bytes) -> None:
    place, flipped = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(1, 255))
    changed = bytearray(good)
    changed[place] ^= flipped
    with tempfile.TemporaryDirectory() as folder:
        whole = read_back(Path(folder), good)
        try:
            assert read_back(Path(folder), bytes(changed)) == whole
        except ResultsError as problem:
            assert str(problem).startswith(str(Path(folder) / "other.ibrec"))  # noqa: PT017 - which one it is, is open


@given(data=st.data())
def test_a_file_that_is_cut_is_refused(data: st.DataObject, good: bytes) -> None:
    length = data.draw(st.integers(0, len(good) - 1))
    with tempfile.TemporaryDirectory() as folder, pytest.raises(InputError, match=r"other\.ibrec"):
        read_back(Path(folder), good[:length])


def test_many_entries_are_in_several_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_LINES", 3)
    recording = read_recording(packed(tmp_path, SESSION))
    assert [each.lines for each in recording.manifest.segments] == [3, 3, 2]
    assert recording.entries == SESSION


def test_large_frames_end_a_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "SEGMENT_BYTES", 1000)
    large = Framed(at=1.0, connection=1, sender=Sender.GATEWAY, payload=bytes(2000))
    manifest = read_recording(packed(tmp_path, [Opened(at=0.0, connection=1), large, large])).manifest
    assert [each.lines for each in manifest.segments] == [2, 1]


def test_the_manifest_says_what_the_entries_show(tmp_path: Path) -> None:
    manifest = read_recording(packed(tmp_path, SESSION)).manifest
    assert (manifest.gateway.server_version, manifest.gateway.mode) == (203, "paper")
    assert [(each.connection, each.client_id, each.server_version) for each in manifest.clients] == [(1, 7, 203)]
    assert manifest.frames == {Sender.CLIENT: 1, Sender.GATEWAY: 2}
    assert manifest.omitted == {Sender.CLIENT: 0, Sender.GATEWAY: 1}
    assert (manifest.shortened, manifest.seconds) == ({}, 0.008)


def test_the_manifest_counts_frames_that_lost_fields(tmp_path: Path) -> None:
    entries = [replace(each, shortened=True) if isinstance(each, Framed) else each for each in SESSION]
    file = packed(tmp_path, entries)
    assert read_recording(file).manifest.shortened == {Sender.CLIENT: 1, Sender.GATEWAY: 2}
    lie = with_manifest(file.read_bytes(), {"shortened": {"gateway": 1}})
    with pytest.raises(InputError, match="something else of the shortened messages"):
        read_back(tmp_path, lie)


def test_the_manifest_says_who_asked_by_the_client_id(tmp_path: Path) -> None:
    known = {7: "ib_async==2.1.0", 8: "ib_async==2.0.1"}
    part = write_part(tmp_path / "a.ibrec.part", SESSION, HEAD.model_copy(update={"libraries_by_client_id": known}))
    (client,) = pack(part, tmp_path / "a.ibrec").clients
    assert (client.client_id, client.library) == (7, "ib_async==2.1.0")


def test_the_part_file_stays_until_the_archive_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part, target = write_part(tmp_path / "a.ibrec.part", SESSION), tmp_path / "a.ibrec"
    synced: list[tuple[int, bool]] = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append((os.fstat(number).st_size, part.exists())))
    pack(part, target)
    assert synced == [(target.stat().st_size, True)]


def test_the_manifest_says_what_settings_a_client_heard(tmp_path: Path) -> None:
    reply = VersionReply(server_version=223, connection_time="20261130 14:30:00 UTC").encode()[4:]
    trusted = [{"address": "127.0.0.1"}, {"address": "198.18.0.1"}]
    config = frame(
        Message("config", {"req_id": 4, "read_only": True, "socket_port": 4002, "trusted_ips": trusted}), 223
    )
    frames = (
        Framed(at=1.0, connection=1, sender=Sender.GATEWAY, payload=payload) for payload in (reply, config, config[:9])
    )
    manifest = read_recording(packed(tmp_path, [*SESSION[:2], *frames])).manifest
    told = {"read_only": "yes", "socket_port": "4002", "trusted_ips": "127.0.0.1, 198.18.0.1"}
    assert manifest.gateway.settings == told


def test_the_manifest_lists_no_more_clients_than_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "MOST_CLIENTS", 2)
    many = [replace(entry, connection=number, at=float(number)) for number in range(1, 5) for entry in SESSION]
    recording = read_recording(packed(tmp_path, many))
    assert [each.connection for each in recording.manifest.clients] == [1, 2]
    assert len(recording.entries) == len(many)


def test_a_manifest_obeys_the_published_schema(good: bytes) -> None:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(members_of(good)["manifest.json"]))


def test_the_published_schema_is_that_of_the_manifest() -> None:
    """``ib-compat schema recording > docs/reference/recording.schema.json`` where this fails."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == manifest_schema()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_recording_is_its_owners_alone(tmp_path: Path) -> None:
    assert stat.S_IMODE(packed(tmp_path, SESSION).stat().st_mode) == 0o600


LIES: list[dict[str, Any]] = [
    {"frames": {"client": 2, "gateway": 2}},
    {"omitted": {"client": 0, "gateway": 0}},
    {"clients": []},
    {"gateway": {"server_version": 204, "mode": "paper"}},
    {"gateway": {"server_version": 203, "mode": "live"}},
    {"seconds": 0.0},
    {"seconds": -1},
    {"began": "2026-11-30T14:30:00"},
    {"began": "yesterday"},
    {"segments": []},
    {"format": 0},
    {"cleaned": "perhaps"},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_a_manifest_that_lies_is_refused(lie: dict[str, Any], good: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"other\.ibrec"):
        read_back(tmp_path, with_manifest(good, lie))


@pytest.mark.parametrize(
    "lie",
    [
        {"lines": 7},
        {"lines": 10**6},
        {"size": 10},
        {"size": 10**12},
        {"sha256": "0" * 64},
        {"name": "../../etc/passwd"},
        {"name": "frames/000002.jsonl"},
    ],
    ids=str,
)
def test_a_manifest_that_lies_of_a_segment_is_refused(lie: dict[str, Any], good: bytes, tmp_path: Path) -> None:
    segment = json.loads(members_of(good)["manifest.json"])["segments"][0]
    with pytest.raises(InputError, match=r"other\.ibrec"):
        read_back(tmp_path, with_manifest(good, {"segments": [segment | lie]}))


def test_a_size_that_is_a_little_too_large_is_refused(good: bytes, tmp_path: Path) -> None:
    segment = json.loads(members_of(good)["manifest.json"])["segments"][0]
    with pytest.raises(InputError, match="not as it was written"):
        read_back(tmp_path, with_manifest(good, {"segments": [segment | {"size": segment["size"] + 1}]}))


@pytest.mark.parametrize(
    "name", ["../frames/000001.jsonl", "/etc/passwd", "frames/1.jsonl", "frames/000001.jsonl\n", "x"]
)
def test_other_names_are_refused_and_nothing_is_unpacked(name: str, good: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no part of one"):
        read_back(tmp_path, zipped([(name, b"hello"), *members_of(good).items()]))
    assert [each.name for each in tmp_path.iterdir()] == ["other.ibrec"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", [FIRST, "manifest.json"])
def test_a_name_twice_is_refused(name: str, good: bytes, tmp_path: Path) -> None:
    members = members_of(good)
    with pytest.raises(InputError, match=r"other\.ibrec"):
        read_back(tmp_path, zipped([(name, members[name]), *members.items()]))


def test_a_zip_bomb_is_not_unpacked(good: bytes, tmp_path: Path) -> None:
    bomb = bytes(100 * 2**20)
    segment = {"name": FIRST, "lines": 1, "size": len(bomb), "sha256": hashlib.sha256(bomb).hexdigest()}
    bare = zipped([(FIRST, bomb), ("manifest.json", members_of(good)["manifest.json"])])
    told = with_manifest(bare, {"index": None})
    with pytest.raises(InputError, match="larger than it may be"):
        read_back(tmp_path, told)
    with pytest.raises(InputError, match="more in it than any"):
        read_back(tmp_path, with_manifest(told, {"segments": [segment]}))


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\5\6" + bytes(18), b'{"format": 1}' * 10, bytes(10_000)])
def test_what_is_no_archive_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"other\.ibrec"):
        read_back(tmp_path, data)


def test_what_is_around_an_archive_is_refused(good: bytes, tmp_path: Path) -> None:
    for data in (b"x" + good, good + b"x", good[:-2] + b"\1\0x"):
        with pytest.raises(InputError, match="no archive"):
            read_back(tmp_path, data)


def test_a_newer_format_is_refused_and_says_what_to_do(good: bytes, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="format 2, and this program reads up to 1") as raised:
        read_back(tmp_path, with_manifest(good, {"format": 2, "segments": "elsewhere"}))
    assert raised.value.hint == "Update ib-compat."


def test_what_a_newer_minor_adds_is_ignored(good: bytes, tmp_path: Path) -> None:
    assert read_back(tmp_path, with_manifest(good, {"weather": "fine"})).entries == SESSION


def test_there_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="is not there"):
        RecordingFile(tmp_path / "none.ibrec")
    with pytest.raises(InputError, match="a folder"):
        RecordingFile(tmp_path)


def segment_with(good: bytes, lines: list[bytes]) -> bytes:
    """Give an archive whose only segment has these lines, and a manifest that says so."""
    members, data = members_of(good), b"".join(line + b"\n" for line in lines)
    manifest = json.loads(members["manifest.json"])
    digest = hashlib.sha256(data).hexdigest()
    manifest["segments"] = [{"name": FIRST, "lines": len(lines), "size": len(data), "sha256": digest}]
    manifest["index"] = None
    return zipped([(FIRST, data), ("manifest.json", json.dumps(manifest).encode())])


OPENED = b'{"event":"opened","at":0,"connection":1}'


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"event":"opened","at":0,"connection":1}',
        b'{"event":"opened","at":0,"connection":0}',
        b'{"event":"opened","at":0,"connection":true}',
        b'{"event":"opened","at":0,"connection":99999999999999999999}',
        b'{"event":"opened","at":NaN,"connection":2}',
        b'{"event":"opened","at":1e999,"connection":2}',
        b'{"event":"opened","at":-1,"connection":2}',
        b'{"event":"opened","at":"0","connection":2}',
        b'{"event":"exploded","at":0,"connection":1}',
        b'{"event":"cut-off","at":0,"connection":1}',
        b'{"event":["closed"],"at":0,"connection":1}',
        b'{"event":"closed","at":0,"connection":2}',
        b'{"event":"closed","at":0,"connection":1,"from":"nobody"}',
        b'{"event":"hello","at":0,"connection":1,"bytes":"QVBJAA=="}',
        b'{"event":"hello","at":0,"connection":1,"bytes":"R0VUIC8="}',
        b'{"event":"frame","at":0,"connection":1,"from":"client"}',
        b'{"event":"frame","at":0,"connection":1,"from":"client","bytes":""}',
        b'{"event":"frame","at":0,"connection":1,"from":"client","bytes":"???"}',
        b'{"event":"frame","at":0,"connection":1,"from":"client","bytes":7}',
        b'{"event":"frame","at":0,"connection":1,"from":"client","bytes":"AAAA","pieces":0}',
        b'{"event":"omitted","at":0,"connection":1,"from":"client","size":-1,"why":""}',
        b'{"event":"omitted","at":0,"connection":1,"from":"client","size":1,"why":7}',
    ],
)
def test_a_line_that_cannot_be_there_is_refused_with_its_place(line: bytes, good: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2 of frames/000001\.jsonl"):
        read_back(tmp_path, segment_with(good, [OPENED, line]))


GREETED = SESSION[1]
CLOSED = Ended(at=1.0, connection=1, change=Change.CLOSED)


@pytest.mark.parametrize(
    "entries",
    [
        [SESSION[1]],
        [SESSION[0], GREETED, GREETED],
        [SESSION[0], SESSION[3], SESSION[2]],
        [SESSION[0], SESSION[0]],
        [SESSION[0], CLOSED, Framed(at=1.0, connection=1, sender=Sender.CLIENT, payload=b"x")],
        [SESSION[0], SESSION[6], Framed(at=1.0, connection=1, sender=Sender.CLIENT, payload=b"x")],
    ],
)
def test_entries_that_cannot_follow_each_other_are_refused(entries: list[Entry], good: bytes, tmp_path: Path) -> None:
    lines = [to_line(entry).rstrip() for entry in entries]
    with pytest.raises(InputError, match=rf"line {len(lines)} of frames/000001\.jsonl"):
        read_back(tmp_path, segment_with(good, lines))


def test_a_disk_that_is_full_leaves_the_part_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part, target = write_part(tmp_path / "made.ibrec.part", SESSION), tmp_path / "made.ibrec"
    before = part.read_bytes()
    monkeypatch.setattr(packing, "_member", full)
    with pytest.raises(UnwritableError, match=r"made\.ibrec: .*No space left") as raised:
        pack(part, target)
    assert "--finish" in raised.value.hint
    assert part.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["made.ibrec.part"]
    monkeypatch.undo()
    pack(part, target)
    assert read_recording(target).entries == SESSION
    assert [each.name for each in tmp_path.iterdir()] == ["made.ibrec"]


def full(_name: str) -> Any:
    raise OSError(28, "No space left on device")


def test_only_a_part_file_becomes_an_archive(tmp_path: Path) -> None:
    assert target_of(tmp_path / "a.ibrec.part") == tmp_path / "a.ibrec"
    with pytest.raises(IbCompatError, match=r"NAME\.ibrec\.part"):
        target_of(tmp_path / "a.txt")


def test_a_day_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each segment is read when its turn has come."""
    monkeypatch.setattr(packing, "MOST_LINES", 1)
    file = packed(tmp_path, SESSION)
    shutil.copy(file, tmp_path / "copy.ibrec")
    with RecordingFile(file) as opened:
        read, lines = list[str](), opened._lines

        def watched(segment: Segment) -> list[bytes]:
            read.append(segment.name)
            return lines(segment)

        monkeypatch.setattr(opened, "_lines", watched)
        entries = opened.entries()
        assert not read
        assert next(entries) == SESSION[0]
        assert read == [FIRST]


def test_no_head_is_needed_to_read_what_a_gateway_is(tmp_path: Path) -> None:
    head = HEAD.model_copy(update={"libraries": {1: "ib_async==2.1.0"}, "cleaned": False})
    manifest = read_recording(packed(tmp_path, SESSION, head)).manifest
    assert [each.library for each in manifest.clients] == ["ib_async==2.1.0"]
    assert not manifest.cleaned
