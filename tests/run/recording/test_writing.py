"""What is written is cleaned, one entry after the other; what cannot be cleaned is never written."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.recordings.clean_writing import CleanWriter
from harness.recordings.entry_lines import from_line
from harness.recordings.part_file import PartFile, PartReader
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.run.recording import writing
from harness.run.recording.pipe import Skipped, Told, encode
from harness.run.recording.writing import Task, Writing
from harness.wire.framing import encode_frame
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk
from tests.recordings.made import ACCOUNTS, HEAD, HELLO, REPLY, START

GONE = Omitted(at=3.0, connection=1, sender=Sender.GATEWAY, size=5, why="behind")
TOLD: list[Told] = [
    Opened(at=0.0, connection=1),
    Chunk(at=1.0, connection=1, sender=Sender.CLIENT, data=HELLO),
    Chunk(at=1.0, connection=1, sender=Sender.GATEWAY, data=encode_frame(REPLY)),
    Chunk(at=2.0, connection=1, sender=Sender.CLIENT, data=encode_frame(START)),
    Chunk(at=2.0, connection=1, sender=Sender.GATEWAY, data=encode_frame(ACCOUNTS)[:9]),
    Chunk(at=2.0, connection=1, sender=Sender.GATEWAY, data=encode_frame(ACCOUNTS)[9:]),
    Skipped(GONE),
    Ended(at=4.0, connection=1, change=Change.CLOSED),
]


class Hides:
    """A cleaner that replaces an account."""

    def clean(self, entry: Entry) -> Entry:
        if isinstance(entry, Framed):
            return replace(entry, payload=entry.payload.replace(b"DU9000001", b"DU9000002"))
        return entry


class Fails:
    def clean(self, entry: Entry) -> Entry:
        if isinstance(entry, Framed | Greeted):
            raise RuntimeError("DU9000001 is a secret")  # noqa: TRY004 - any error
        return entry


def entries_of(part: Path) -> list[Entry]:
    with PartReader(part) as reader:
        return list(map(from_line, reader.lines()))


def take(writer: CleanWriter) -> None:
    taking = Writing(writer)
    for told in TOLD:
        taking.take(told)


def test_the_cleaned_are_in_one_file_and_the_others_in_another(tmp_path: Path) -> None:
    with PartFile(tmp_path / "a", HEAD) as part, PartFile(tmp_path / "b", HEAD) as raw:
        kept = CleanWriter(Hides(), part, raw)
        take(kept)
    assert b"DU9000001" not in b"".join(each.payload for each in entries_of(tmp_path / "a") if isinstance(each, Framed))
    assert [each.payload for each in entries_of(tmp_path / "b") if isinstance(each, Framed)] == [REPLY, START, ACCOUNTS]
    assert [each.pieces for each in entries_of(tmp_path / "a") if isinstance(each, Framed)] == [1, 1, 2]
    assert (kept.frames, dict(kept.omitted)) == (3, {"behind": 1})


def test_what_cannot_be_cleaned_is_omitted_without_its_words(tmp_path: Path) -> None:
    with PartFile(tmp_path / "a", HEAD) as part:
        kept = CleanWriter(Fails(), part)
        take(kept)
    assert [type(each) for each in entries_of(tmp_path / "a")] == [Opened, *[Omitted] * 5, Ended]
    assert "secret" not in (tmp_path / "a").read_text("utf-8")
    assert kept.frames == 0


def served(task: Task, monkeypatch: pytest.MonkeyPatch, pieces: Iterator[bytes]) -> list[dict[str, object]]:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    writing._serve(task, lambda: next(pieces, b""))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_what_was_read_is_in_the_file_before_more_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = tmp_path / "a"
    seen = list[int]()

    def pieces() -> Iterator[bytes]:
        for told in TOLD:
            yield encode(told)
            seen.append(len(entries_of(part)))

    *_, last = served(Task(part=part, raw=None, head=HEAD), monkeypatch, pieces())
    assert seen == [1, 2, 3, 4, 4, 5, 6, 7]
    assert last == {"frames": 3, "omitted": 1, "why": {"behind": 1}}


def test_a_task_is_the_same_after_a_command_line(tmp_path: Path) -> None:
    for raw in (None, tmp_path / "raw"):
        task = Task(part=tmp_path / "part", raw=raw, head=HEAD)
        assert Task.of_words(task.as_words()) == task


def test_nothing_that_the_proxy_does_not_tell_is_taken(tmp_path: Path) -> None:
    with PartFile(tmp_path / "a", HEAD) as part, pytest.raises(ValueError, match="Framed"):
        Writing(CleanWriter(Hides(), part)).take(Framed(at=0.0, connection=1, sender=Sender.CLIENT, payload=b"x"))


def test_a_reader_that_has_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_text: str) -> None:
        raise BrokenPipeError

    write: Callable[[str], None] = broken
    monkeypatch.setattr(sys.stdout, "write", write)
    writing._report({"frames": 1})
