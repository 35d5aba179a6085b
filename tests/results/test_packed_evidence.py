"""Evidence that is packed: what is, how it is read, and what becomes of a file that is damaged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.build_plan import build_plan
from harness.results import packed_evidence
from harness.results.evidence_file import damage, read_evidence
from harness.results.packed_evidence import PACKED, kept, pack_expected, plain_size, read_kept, read_kept_lines
from harness.shared.errors import InputError
from tests.results.compare.changing import red_at_ready
from tests.results.packing import zstd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.plan.matrix.load import Matrix
    from harness.results.results_model import Results
    from tests.conftest import Maker

LINES = b'{"event": "log", "level": "INFO", "logger": "ib_async", "message": "connected"}\n' * 100


@pytest.fixture
def run(make: Maker, matrix: Callable[..., Matrix], tmp_path: Path) -> Results:
    """A complete run with one red cell, and evidence of all."""
    results = make.results(build_plan(matrix(), allow_live=True))
    red = next(iter(results.cells))
    results = red_at_ready(results, red)
    cells = {
        name: replace(cell, artifacts=[f"cells/{name}/evidence.jsonl", f"cells/{name}/output.txt"])
        for name, cell in results.cells.items()
    }
    for file in (tmp_path / name for cell in cells.values() for name in cell.artifacts):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(LINES)
    return replace(results, cells=cells, run=replace(results.run, complete=True))


def red_of(run: Results) -> str:
    return next(name for name, cell in run.cells.items() if cell.stage == "ready")


def test_the_evidence_of_what_was_as_expected_is_packed_and_nothing_is_lost(run: Results, tmp_path: Path) -> None:
    packed = pack_expected(run, tmp_path)
    assert packed.cells.keys() == run.cells.keys()
    for name, cell in packed.cells.items():
        ending = "" if name == red_of(run) else PACKED
        assert cell.artifacts == [f"cells/{name}/evidence.jsonl{ending}", f"cells/{name}/output.txt"]
        for file in cell.artifacts:
            assert read_kept(tmp_path / file) == LINES
    smaller = next(cell for name, cell in packed.cells.items() if name != red_of(run))
    assert (tmp_path / smaller.artifacts[0]).stat().st_size < len(LINES) / 10


def test_a_run_that_may_be_resumed_is_left_alone(run: Results, tmp_path: Path) -> None:
    unfinished = replace(run, run=replace(run.run, complete=False))
    assert pack_expected(unfinished, tmp_path) is unfinished
    assert not list(tmp_path.rglob(f"*{PACKED}"))


def test_what_cannot_be_packed_stays(run: Results, tmp_path: Path) -> None:
    for file in tmp_path.rglob("evidence.jsonl"):
        file.unlink()
    assert pack_expected(run, tmp_path) == run


def test_a_small_file_is_not_packed(run: Results, tmp_path: Path) -> None:
    for file in tmp_path.rglob("evidence.jsonl"):
        file.write_bytes(b"{}\n")
    assert pack_expected(run, tmp_path) == run


def test_a_cell_s_evidence_reads_the_same_when_it_is_packed(run: Results, tmp_path: Path) -> None:
    folders = [tmp_path / "cells" / name for name in run.cells]
    before = [(read_evidence(folder), damage(folder)) for folder in folders]
    pack_expected(run, tmp_path)
    assert [(read_evidence(folder), damage(folder)) for folder in folders] == before
    assert before[0][0].log_records == 100


@given(data=st.binary(max_size=5_000))
def test_any_bytes_come_back(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("kept") / f"wire.jsonl{PACKED}"
    file.write_bytes(zstd.compress(data))
    assert read_kept(file) == data
    assert b"".join(read_kept_lines(file)) == data


def test_the_size_of_what_is_packed_is_known_without_unpacking_it(tmp_path: Path) -> None:
    file = tmp_path / f"wire.jsonl{PACKED}"
    file.write_bytes(zstd.compress(LINES))
    assert plain_size(file) == len(LINES)


@pytest.mark.parametrize("damaged", [b"", b"not packed at all", zstd.compress(LINES)[:-4]])
def test_a_damaged_file_says_so(damaged: bytes, tmp_path: Path) -> None:
    file = tmp_path / f"wire.jsonl{PACKED}"
    file.write_bytes(damaged)
    with pytest.raises(InputError, match=r"wire\.jsonl\.zst"):
        read_kept(file)


def test_what_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / f"wire.jsonl{PACKED}"
    file.write_bytes(zstd.compress(bytes(5_000_000)))
    with pytest.raises(InputError, match="MiB"):
        read_kept(file, 1_000_000)


def test_a_link_is_not_followed_to_what_is_packed(tmp_path: Path) -> None:
    (tmp_path / "mine.zst").write_bytes(zstd.compress(LINES))
    (tmp_path / f"evidence.jsonl{PACKED}").symlink_to(tmp_path / "mine.zst")
    assert kept(tmp_path / "evidence.jsonl") == tmp_path / "evidence.jsonl"
    assert read_evidence(tmp_path).log_records == 0


def test_a_file_that_is_there_twice_is_read_as_it_was_before_it_was_packed(tmp_path: Path) -> None:
    plain = tmp_path / "wire.jsonl"
    plain.write_bytes(LINES)
    (tmp_path / f"wire.jsonl{PACKED}").write_bytes(zstd.compress(LINES)[:20])
    assert packed_evidence.kept(plain) == plain


def test_what_an_earlier_part_of_the_run_packed_is_found(run: Results, tmp_path: Path) -> None:
    packed = pack_expected(run, tmp_path)
    assert pack_expected(run, tmp_path) == packed, "the journal still has the names of what was packed"


def test_what_says_that_it_is_small_and_is_not_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    file = tmp_path / f"wire.jsonl{PACKED}"
    small, large = (zstd.compress(bytes(size)) for size in (300, 60_000))
    file.write_bytes(small[:7] + large[7:])
    assert plain_size(file) < 1_000
    with pytest.raises(InputError, match="damaged"):
        read_kept(file)


def test_what_comes_after_what_was_packed_is_damage(tmp_path: Path) -> None:
    file = tmp_path / f"wire.jsonl{PACKED}"
    file.write_bytes(zstd.compress(LINES) + b"more")
    with pytest.raises(InputError, match="damaged"):
        read_kept(file)


def test_only_the_end_of_a_line_ends_a_line(tmp_path: Path) -> None:
    file = tmp_path / f"evidence.jsonl{PACKED}"
    file.write_bytes(zstd.compress(b'{"a": "\r"}\n{"b": 1}\n'))
    assert list(read_kept_lines(file)) == [b'{"a": "\r"}\n', b'{"b": 1}\n']
