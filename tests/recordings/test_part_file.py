"""Part files: whatever ends a recording, its whole lines are there, and can be packed."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings.archive import read_recording
from harness.recordings.entry_lines import LONGEST_LINE, from_line
from harness.recordings.packing import pack
from harness.recordings.part_file import PartFile, PartReader
from harness.recordings.recording import Entry, Opened
from harness.shared.errors import InputError, ResultsError, UnwritableError
from tests.recordings.made import HEAD, SESSION, recorded, write_part


def entries_of(part: Path) -> tuple[Entry, ...]:
    with PartReader(part) as reader:
        return tuple(map(from_line, reader.lines()))


@given(entries=recorded(), data=st.data())
def test_a_part_file_that_is_cut_anywhere_has_the_whole_lines_before(
    entries: tuple[Entry, ...], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        part = write_part(Path(folder) / "a.ibrec.part", entries)
        whole = part.read_bytes()
        cut = data.draw(st.integers(whole.index(b"\n") + 1, len(whole)))
        part.write_bytes(whole[:cut])
        left = entries[: whole[:cut].count(b"\n") - 1]
        assert entries_of(part) == left
        pack(part, Path(folder) / "a.ibrec")
        assert read_recording(Path(folder) / "a.ibrec").entries == left


def test_what_is_flushed_is_there_before_the_file_is_closed(tmp_path: Path) -> None:
    part = tmp_path / "a.ibrec.part"
    with PartFile(part, HEAD) as opened:
        opened.write(SESSION[0])
        assert entries_of(part) == ()
        opened.flush()
        assert entries_of(part) == SESSION[:1]


def test_a_part_file_that_is_still_written_is_not_packed(tmp_path: Path) -> None:
    part, target = tmp_path / "a.ibrec.part", tmp_path / "a.ibrec"
    with PartFile(part, HEAD) as opened:
        opened.write(SESSION[0])
        with pytest.raises(ResultsError, match="is still written") as raised:
            pack(part, target)
        assert raised.value.hint
        opened.write(SESSION[1])
    pack(part, target)
    assert read_recording(target).entries == SESSION[:2]
    assert [each.name for each in tmp_path.iterdir()] == ["a.ibrec"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_part_file_is_its_owners_alone(tmp_path: Path) -> None:
    assert stat.S_IMODE(write_part(tmp_path / "a.ibrec.part", SESSION).stat().st_mode) == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    part = write_part(tmp_path / "a.ibrec.part", SESSION)
    with pytest.raises(ResultsError, match="is there already") as raised:
        PartFile(part, HEAD)
    assert f"--finish {part}" in raised.value.hint
    assert entries_of(part) == SESSION


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match="No such file"):
        PartFile(tmp_path / "none" / "a.ibrec.part", HEAD)


@given(room=st.integers(0, 700))
def test_a_disk_that_fills_keeps_as_many_whole_lines_as_fit(room: int) -> None:
    write, left = os.write, [room]

    def filling(number: int, data: memoryview) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        wrote = write(number, bytes(data[: left[0]]))
        left[0] -= wrote
        return wrote

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        part = Path(folder) / "a.ibrec.part"
        with PartFile(part, HEAD) as opened:
            patch.setattr(os, "write", filling)
            for entry in SESSION[:6]:
                opened.write(entry)
            try:
                opened.flush()
            except UnwritableError as problem:
                assert "No space left on device" in str(problem)  # noqa: PT017 - whether it fits is the room's doing
                with pytest.raises(UnwritableError):
                    opened.write(SESSION[6])
        kept = entries_of(part)
        assert kept == SESSION[: len(kept)]
        assert len(part.read_bytes()) - len(HEAD.model_dump_json()) - 1 <= room
        assert part.read_bytes().endswith(b"\n")


def test_a_part_file_that_is_full_takes_no_more(tmp_path: Path) -> None:
    with PartFile(tmp_path / "a.ibrec.part", HEAD, most=100) as opened:
        opened.write(SESSION[0])
        with pytest.raises(UnwritableError, match="full"):
            opened.write(SESSION[1])
    assert entries_of(tmp_path / "a.ibrec.part") == SESSION[:1]


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"hello\n", b"{}\n", b'{"format": 1', b'{"format": 1, "made_by": 7}\n', b"[" * 5000 + b"\n"]
)
def test_what_is_no_part_file_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ibrec.part").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.ibrec\.part"):
        PartReader(tmp_path / "a.ibrec.part")


def test_a_newer_part_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ibrec.part").write_bytes(b'{"format": 2}\n')
    with pytest.raises(ResultsError, match="format 2") as raised:
        PartReader(tmp_path / "a.ibrec.part")
    assert raised.value.hint == "Update ib-compat."


def test_there_is_no_part_file(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="is not there"):
        PartReader(tmp_path / "a.ibrec.part")


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    part = write_part(tmp_path / "a.ibrec.part", SESSION[:1])
    with part.open("ab") as opened:
        opened.write(b"x" * (LONGEST_LINE + 1))
    with PartReader(part) as reader, pytest.raises(InputError, match="line 3"):
        list(reader.lines())


def test_a_line_in_the_middle_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    part = write_part(tmp_path / "a.ibrec.part", [Opened(at=0.0, connection=1)])
    with part.open("ab") as opened:
        opened.write(b"hello\n")
    with pytest.raises(InputError, match="line 3"):
        pack(part, tmp_path / "a.ibrec")
    assert part.exists()
    assert not (tmp_path / "a.ibrec").exists()
