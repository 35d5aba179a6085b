"""What users name is found, whatever it is; what cannot be imported is refused with what to do instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.recordings.imports.source import Sources
from harness.recordings.recording import Opened
from harness.results.import_sources import find_sources
from harness.results.results_files import write_results
from harness.results.transcript_file import write_transcript
from harness.shared.errors import InputError, ResultsError, UsageError
from harness.shared.evidence import RunOutcome
from harness.wire.pcap import as_pcap
from harness.wire.transcript import Change
from tests.conftest import Maker
from tests.results.packing import pack_all
from tests.wire.transcripts import conversation, event

TRANSCRIPT = conversation(178, event(0.9, Change.CLOSED))


@pytest.fixture
def run(make: Maker, tmp_path: Path) -> Path:
    """A run of one row against two gateways."""
    plan = make.plan('[[gateway]]\nproduct = "tws"\nversion = "10.30"\nkind = "simulator"\n')
    outcomes = tuple(make.outcome(cell) for cell in plan.cells)
    write_results(tmp_path, make.results(plan, RunOutcome(outcomes=outcomes, gateways=(make.gateway(),))))
    for cell in plan.cells:
        place = tmp_path.joinpath("cells", *cell.id.split("/"))
        place.mkdir(parents=True)
        write_transcript(place / "wire.jsonl", TRANSCRIPT)
    return tmp_path


def cells_of(run: Path) -> list[Path]:
    return sorted(each.parent for each in run.rglob("wire.jsonl"))


def test_a_cell_is_imported_with_its_library_and_gateway(run: Path) -> None:
    cell = cells_of(run)[0]
    for place in (cell, cell / "wire.jsonl"):
        found = find_sources([place])
        (library,) = Sources(found.sources).libraries.values()
        assert library.startswith("ib_")
        assert "==" in library
        assert found.gateway is not None
        assert found.gateway.kind == "simulator"
        assert found.gateway.product


def test_a_run_is_imported_if_it_has_one_gateway(run: Path) -> None:
    cells = cells_of(run)
    found = find_sources([run])
    assert len(found.sources) == len(cells) > 1
    with pytest.raises(UsageError, match="one gateway"):
        _ = found.gateway
    for cell in cells[1:]:
        (cell / "wire.jsonl").unlink()
    assert find_sources([run]).gateway is not None


def test_packed_transcripts_are_imported_as_others_are(run: Path) -> None:
    cell, known = cells_of(run)[0], len(find_sources([run]).sources)
    before = list(find_sources([cell]).sources[0].entries())
    pack_all(run / "cells")
    assert len(find_sources([run]).sources) == known
    for place in (cell, cell / "wire.jsonl", cell / "wire.jsonl.zst"):
        (source,) = find_sources([place]).sources
        assert list(source.entries()) == before
        assert source.libraries


def test_a_transcript_alone_has_no_library(tmp_path: Path) -> None:
    write_transcript(tmp_path / "some.jsonl", TRANSCRIPT)
    found = find_sources([tmp_path / "some.jsonl"])
    assert not Sources(found.sources).libraries
    assert found.gateway is None


def test_captures_and_transcripts_may_be_together(tmp_path: Path) -> None:
    (tmp_path / "some.pcap").write_bytes(as_pcap(TRANSCRIPT))
    write_transcript(tmp_path / "some.jsonl", replace(TRANSCRIPT, began=TRANSCRIPT.began.replace(hour=12)))
    found = find_sources([tmp_path / "some.jsonl", tmp_path / "some.pcap"])
    opened = [each for each in Sources(found.sources).entries() if isinstance(each, Opened)]
    assert {each.connection for each in opened} == {1, 2}


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("api.0.20220220.100521.ibgzenc", b"\x07\x91\xa0", "encrypted"),
        ("api.1.Sun.log", b"07:28:13:328 <- 87-703-0-AMD-OPT-20190719-33.5-Call--SMART--USD---0-1-TRADES-1-\n", "log"),
        ("monday.ibrec", b"PK\3\4", "recording already"),
        ("api.1.Sun.log", b"some header\n07:28:13:372 -> ---88-703-20190624  13:50:36-\n", "log"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_what_to_do_instead(
    name: str, data: bytes, why: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=why) as refused:
        find_sources([tmp_path / name])
    assert name in str(refused.value)
    assert "ib-compat record --" in refused.value.hint


def test_other_files_and_empty_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("some text", encoding="utf-8")
    with pytest.raises(InputError, match=r"some\.txt"):
        find_sources([tmp_path / "some.txt"])
    (tmp_path / "some.pcap.gz").write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(InputError, match="compressed"):
        find_sources([tmp_path / "some.pcap.gz"])
    with pytest.raises(ResultsError, match=r"none\.pcap: is not there"):
        find_sources([tmp_path / "none.pcap"])
    with pytest.raises(ResultsError, match=r"has no wire\.jsonl"):
        find_sources([tmp_path])


def test_links_in_a_folder_are_not_followed(run: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write_transcript(elsewhere / "wire.jsonl", TRANSCRIPT)
    for cell in cells_of(run):
        (cell / "wire.jsonl").unlink()
        (cell / "wire.jsonl").symlink_to(elsewhere / "wire.jsonl")
    with pytest.raises(ResultsError):
        find_sources([run])
