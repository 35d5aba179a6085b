"""A recording that is read by its index says what it says when it is read as a whole."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings import index, packing
from harness.recordings.archive import INDEX_FILE, MANIFEST, RecordingFile, read_recording
from harness.recordings.exchange import Told
from harness.recordings.exchanges import dialogues_of
from harness.recordings.indexed import IndexedDialogue, indexed, indexed_file
from harness.recordings.meaning import keys_of, meaning_of
from harness.recordings.recording import Entry, Recording, Segment
from harness.shared.errors import InputError
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Sender
from tests.recordings.made import SESSION, members_of, packed, recorded, zipped
from tests.recordings.making import Script
from tests.recordings.simulated import PROFILES, file_of

WATCHED: dict[str, Any] = {"req_id": 5, "symbol": "AAPL"}


def watching() -> Script:
    """Record quotes and what else may come: an order, what is said unasked, and a request that is refused."""
    script = Script()
    one, two = script.connect(178), script.connect(223, client_id=8)
    for number in (one, two):
        script.asks(number, "req_market_data", **WATCHED)
        script.asks(number, "place_order", order_id=1, symbol="AAPL")
    for place in range(6):
        for number in (one, two):
            script.says(number, "tick_price", req_id=5, price=float(place))
            script.says(number, "error", req_id=-1, code=2104, text="fine")
    script.asks(one, "cancel_order", order_id=1)
    script.says(one, "order_status", order_id=1, client_id=7, status="Cancelled")
    script.asks(one, "req_contract_data", req_id=3, symbol="XXXX")
    script.says(one, "error", req_id=3, code=200, text="none")
    script.ends(one, Sender.GATEWAY)
    return script


def same(read: Iterable[IndexedDialogue], recording: Recording) -> None:
    """Compare what the index gives with what all entries give."""
    for mine, whole in zip(read, dialogues_of(recording), strict=True):
        assert (mine.connection, mine.at, mine.hello) == (whole.connection, whole.at, whole.hello)
        assert (mine.server_version, mine.client_id, mine.started) == (
            whole.server_version,
            whole.client_id,
            whole.start is not None,
        )
        assert (mine.ready, mine.cut_at_start) == (whole.ready, whole.cut_at_start)
        assert (mine.ended_by, mine.heard_until) == (whole.ended_by, whole.heard_until)
        assert list(mine.greeting) == list(whole.greeting)
        unasked = [told for after in range(len(whole.exchanges) + 1) for told in mine.unasked(after) or ()]
        assert unasked == list(whole.unasked)
        for ours, theirs in zip(mine.exchanges, whole.exchanges, strict=True):
            assert list(ours.answers) == list(theirs.answers)
            assert (ours.place, ours.at, ours.number, ours.fate) == (
                theirs.place,
                theirs.at,
                theirs.number,
                theirs.fate,
            )
            assert ours.keys == keys_of(theirs.meaning)
            assert _place(ours.follows) == _place(theirs.follows)


def _place(exchange: Any) -> tuple[int, int] | None:
    return None if exchange is None else (exchange.dialogue.connection, exchange.place)


@given(entries=recorded())
def test_whatever_happened_is_found_by_the_index(entries: tuple[Entry, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = packed(Path(folder), entries)
        recording = read_recording(file)
        with RecordingFile(file) as opened:
            same(indexed_file(opened), recording)
        same(indexed(recording), recording)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_session_is_found_by_the_index_also_in_many_small_files(
    profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the index says something else than the frames here, raise ``index.VERSION``, and make the files anew."""
    recording = read_recording(file_of(profile))
    monkeypatch.setattr(packing, "MOST_LINES", 7)
    for entries in (recording.entries, watching().recording().entries):
        file = packed(tmp_path, entries)
        with RecordingFile(file) as opened:
            assert len(opened.manifest.segments) > 4
            same(indexed_file(opened), read_recording(file))


def test_what_is_asked_and_told_is_read_when_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_LINES", 1)
    file = packed(tmp_path, watching().recording().entries)
    with RecordingFile(file) as opened:
        read, lines = list[str](), opened._lines

        def watched(segment: Segment) -> list[bytes]:
            read.append(segment.name)
            return lines(segment)

        monkeypatch.setattr(opened, "_lines", watched)
        (first, *_) = indexed_file(opened)
        assert read == []
        assert len(list(first.exchanges[0].answers)) == len(read) == 6


def changed(file: Path, change: Callable[[list[dict[str, Any]]], object], *, version: int = index.VERSION) -> Path:
    """Write a recording whose index says something else, and a manifest that has its digest."""
    members = members_of(file.read_bytes())
    records = [json.loads(line) for line in members[INDEX_FILE].splitlines()]
    change(records)
    data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    manifest = json.loads(members[MANIFEST])
    manifest["index"] = {"version": version, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    members |= {INDEX_FILE: data, MANIFEST: json.dumps(manifest).encode()}
    other = file.with_name("other.ibrec")
    other.write_bytes(zipped(members.items()))
    return other


CANNOT_BE: list[Callable[[list[dict[str, Any]]], object]] = [
    lambda records: records.pop(0),
    lambda records: records[1].update(kind="weather"),
    lambda records: records[1].update(name="../etc/passwd"),
    lambda records: records[1].update(name="tick_price"),
    lambda records: records[1].update(says=["nothing known"]),
    lambda records: records[1].update(line=10**6),
    lambda records: records[1].update(line=-1),
    lambda records: records[1].update(answers=[10**6]),
    lambda records: records[1].update(answers=[5, -1]),
    lambda records: records[1].update(answers=[2**31] * 9),
    lambda records: records[1].update(answers="5"),
    lambda records: records[1].update(follows=records[1]["line"]),
    lambda records: records[1].update(fate="sealed"),
    lambda records: records[1].update(at="now"),
    lambda records: records[2].update(line=records[1]["line"]),
    lambda records: records[0].update(greeting=[10**6]),
    lambda records: records[0].update(server_version=-1),
    lambda records: records[0].update(heard_until=float("inf")),
]


@pytest.mark.parametrize("number", range(len(CANNOT_BE)))
def test_an_index_that_cannot_be_is_refused(number: int, tmp_path: Path) -> None:
    file = changed(packed(tmp_path, watching().recording().entries), CANNOT_BE[number])
    with RecordingFile(file) as opened, pytest.raises(InputError, match=r"other\.ibrec: .*index\.jsonl"):
        indexed_file(opened)


@given(data=st.data())
def test_an_index_that_lies_is_refused_by_who_reads_all_and_never_tells_what_no_gateway_said(
    data: st.DataObject,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        good = packed(Path(folder), watching().recording().entries)
        said = {each.payload for each in _all_told(indexed(read_recording(good)))}
        lie = data.draw(st.lists(st.integers(0, 12), min_size=1, max_size=4))
        place = data.draw(st.sampled_from([1, 2, 4, 5]))
        file = changed(good, lambda records: records[place].update(answers=lie))
        with RecordingFile(file) as opened:
            try:
                assert {told.payload for told in _all_told(indexed_file(opened))} <= said
            except InputError as problem:
                assert "index" in str(problem)  # noqa: PT017 - which one it is, is open
        with pytest.raises(InputError, match=r"index\.jsonl says something else"):
            read_recording(file)


def _all_told(dialogues: Iterable[IndexedDialogue]) -> list[Told]:
    return [told for dialogue in dialogues for exchange in dialogue.exchanges for told in exchange.answers]


def test_an_index_of_another_version_is_made_anew_and_so_is_none(tmp_path: Path) -> None:
    good = packed(tmp_path, watching().recording().entries)
    recording = read_recording(good)
    newer = changed(good, lambda records: records[0].update(kind="new"), version=index.VERSION + 1)
    members = members_of(good.read_bytes())
    manifest = json.loads(members[MANIFEST]) | {"index": None}
    none = tmp_path / "none.ibrec"
    del members[INDEX_FILE]
    none.write_bytes(zipped((members | {MANIFEST: json.dumps(manifest).encode()}).items()))
    for file in (newer, none):
        assert read_recording(file).entries == recording.entries
        with RecordingFile(file) as opened:
            same(indexed_file(opened), recording)


def test_an_index_that_the_manifest_does_not_list_is_refused(tmp_path: Path) -> None:
    members = members_of(packed(tmp_path, SESSION).read_bytes())
    manifest = json.loads(members[MANIFEST]) | {"index": None}
    file = tmp_path / "other.ibrec"
    file.write_bytes(zipped((members | {MANIFEST: json.dumps(manifest).encode()}).items()))
    with pytest.raises(InputError, match="not those that"):
        RecordingFile(file)


def test_an_index_too_large_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_INDEX", 10)
    file = packed(tmp_path, SESSION)
    with RecordingFile(file) as opened:
        assert opened.manifest.index is None
        same(indexed_file(opened), read_recording(file))


def test_every_message_that_a_client_sends_has_a_key_of_its_own() -> None:
    clients = [kind for (sender, _), kind in catalogue().by_id.items() if sender is Sender.CLIENT]
    keys = {keys_of(meaning_of(Message(kind.name, kind.complete({})))).exactly for kind in clients}
    assert len(keys) == len(clients)
