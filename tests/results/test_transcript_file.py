"""A transcript is kept as JSON lines and read back; what is no transcript is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from harness.results.transcript_file import FILE, TOGETHER, read_transcript, write_transcript
from harness.shared.errors import ResultsError
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Entry, LeftOut, Transcript
from tests.wire.transcripts import ANY_TRANSCRIPT, chunk, event, transcript

WHOLE = transcript(
    event(0.000312, Change.OPENED),
    chunk(0.0004, Sender.CLIENT, b"API\0"),
    chunk(0.01, Sender.GATEWAY, b"\0\0"),
    chunk(0.0102, Sender.GATEWAY, b"\x03"),
    chunk(0.0115, Sender.GATEWAY, b"203"),
    LeftOut(at=0.02, connection=1, sender=Sender.GATEWAY, count=70_000),
    event(0.5, Change.HALF_CLOSED, Sender.CLIENT),
    event(0.6, Change.RESET, Sender.GATEWAY),
    event(0.7, Change.REFUSED, Sender.GATEWAY, "nobody there"),
)

HEADER = '{"event": "tap", "began": "2026-11-21T10:00:00+00:00", "listened": "h:1", "gateway": "h:2"}\n'
DEEP = "[" * 100_000 + "\n"


def written(folder: Path, whole: Transcript = WHOLE) -> Path:
    file = folder / FILE
    write_transcript(file, whole)
    return file


def test_the_lines_of_the_file(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in written(tmp_path).read_text("utf-8").splitlines()]
    common = {"connection": 1}
    assert lines == [
        {
            "event": "tap",
            "began": "2026-11-21T10:00:00.250000+00:00",
            "listened": "127.0.0.1:40001",
            "gateway": "127.0.0.1:4002",
        },
        {"event": "opened", "at": 0.000312, **common},
        {"event": "bytes", "at": 0.0004, **common, "from": "client", "bytes": "41504900"},
        {"event": "bytes", "at": 0.01, **common, "from": "gateway", "bytes": "0000 03"},
        {"event": "bytes", "at": 0.0115, **common, "from": "gateway", "bytes": "323033"},
        {"event": "left-out", "at": 0.02, **common, "from": "gateway", "count": 70_000},
        {"event": "half-closed", "at": 0.5, **common, "from": "client"},
        {"event": "reset", "at": 0.6, **common, "from": "gateway"},
        {"event": "refused", "at": 0.7, **common, "from": "gateway", "reason": "nobody there"},
    ]


def rounded(entries: tuple[Entry, ...]) -> list[Entry]:
    """The entries as a file keeps them: chunks that share a line share their time, to the microsecond."""
    kept: list[Entry] = []
    first: Entry | None = None
    for entry in entries:
        if first is None or not shares_a_line(entry, first):
            first = entry
        kept.append(replace(entry, at=round(first.at, 6)))
    return kept


def shares_a_line(entry: Entry, first: Entry) -> bool:
    if not isinstance(entry, Chunk) or not isinstance(first, Chunk):
        return False
    return (entry.connection, entry.sender) == (first.connection, first.sender) and entry.at - first.at < TOGETHER


@given(ANY_TRANSCRIPT)
def test_any_transcript_is_read_back(tmp_path_factory: pytest.TempPathFactory, whole: Transcript) -> None:
    read = read_transcript(written(tmp_path_factory.mktemp("cell"), whole))
    assert (read.began, read.listened, read.gateway) == (whole.began, whole.listened, whole.gateway)
    assert list(read.entries) == rounded(whole.entries)


def test_pieces_that_share_a_line_stay_pieces(tmp_path: Path) -> None:
    read = read_transcript(written(tmp_path))
    assert [entry.data for entry in read.entries if isinstance(entry, Chunk)] == [b"API\0", b"\0\0", b"\x03", b"203"]


def test_a_file_that_was_cut_off_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_bytes(file.read_bytes()[:-5])
    assert read_transcript(file).entries == read_transcript(written(tmp_path)).entries[:-1]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "wire.jsonl: is empty"),
        ("no JSON\n", "line 1 is not a line of a transcript: 'no JSON'"),
        ("[1]\n", "line 1 is not a line"),
        ('{"event": "check", "name": "tcp"}\n', "line 1 is not the header"),
        ('{"event": "tap", "began": "yesterday", "listened": "h:1", "gateway": "h:2"}\n', "line 1 is not the header"),
        ('{"event": "tap", "began": 5, "listened": "h:1", "gateway": "h:2"}\n', "line 1 is not the header"),
        ('{"event": "tap", "began": "2026-11-21", "listened": "h:1", "gateway": "h:2"}\n', "line 1 is not the header"),
        (HEADER.replace('"h:2"', "4002"), "line 1 is not the header"),
        (HEADER.replace("h:2", "h:65536"), "line 1 is not the header"),
        (HEADER.replace("h:2", "h:-1"), "line 1 is not the header"),
        (DEEP, "line 1 is not a line"),
    ],
)
def test_what_is_no_transcript_is_named(tmp_path: Path, content: str, complaint: str) -> None:
    file = tmp_path / FILE
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ResultsError) as raised:
        read_transcript(file)
    assert str(raised.value).startswith(f"{file}: ")
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "bytes", "at": 1, "connection": 1, "from": "client", "bytes": "4"}',
        '{"event": "bytes", "at": 1, "connection": 1, "from": "client", "bytes": 4}',
        '{"event": "bytes", "at": 1, "connection": 1, "from": "nobody", "bytes": "41"}',
        '{"event": "bytes", "at": NaN, "connection": 1, "from": "client", "bytes": "41"}',
        '{"event": "opened", "at": -1, "connection": 1}',
        '{"event": "opened", "at": 1e308, "connection": 1}',
        f'{{"event": "opened", "at": {10**400}, "connection": 1}}',
        '{"event": "opened", "at": 1, "connection": Infinity}',
        '{"event": "left-out", "at": 1, "connection": 1, "from": "client", "count": 1e999}',
        '{"event": "left-out", "at": 1, "connection": 1, "from": "client"}',
        '{"event": "vanished", "at": 1, "connection": 1}',
        '{"event": "opened", "at": 1}',
        '{"at": 1, "connection": 1}',
        "}",
        DEEP.rstrip("\n"),
    ],
)
def test_a_line_of_something_else_is_named(tmp_path: Path, line: str) -> None:
    file = written(tmp_path)
    file.write_text(file.read_text("utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(ResultsError, match="line 10 is not a line of a transcript"):
        read_transcript(file)


def test_a_cell_that_has_none_says_why_that_may_be(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="there is no transcript") as raised:
        read_transcript(tmp_path / FILE)
    assert "--no-record" in raised.value.hint


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="cannot be read"):
        read_transcript(tmp_path)
