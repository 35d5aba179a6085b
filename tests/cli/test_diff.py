"""``ib-compat diff``, and ``ib-compat show --pcap``: what the wire of recorded cells tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from harness.results.results_files import write_results
from harness.results.run_folder import create_run_folder, point_latest
from harness.results.transcript_file import FILE, write_transcript
from harness.shared.errors import ExitCode
from harness.shared.evidence import RunOutcome
from harness.wire.message import Message
from tests.conftest import ACCOUNT
from tests.wire.transcripts import talk

if TYPE_CHECKING:
    from harness.wire.transcript import Transcript
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"
SECOND = '[[gateway]]\nproduct = "tws"\nversion = "10.37"\nkind = "simulator"\n'
PCAP = bytes.fromhex("d4c3b2a1")
PCAPNG = bytes.fromhex("0a0d0d0a")


@pytest.fixture(autouse=True)
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Maker) -> tuple[str, ...]:
    """Two cells of a run: one asked for the positions, the other for the open orders, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    plan = make.plan(SECOND)
    outcomes = tuple(make.outcome(cell) for cell in plan.cells)
    folder = create_run_folder(Path("results"), RUN)
    write_results(folder, make.results(plan, RunOutcome(outcomes=outcomes, gateways=(make.gateway(),))))
    ids = tuple(cell.id for cell in plan.cells)
    requests = (Message("req_positions"), Message("req_all_open_orders"))
    for number, cell in enumerate(ids[:2], start=1):
        keep(folder, cell, talk(178, *requests[:number]))
    point_latest(Path("results"), RUN)
    return ids


def keep(folder: Path, cell: str, transcript: Transcript) -> None:
    place = folder.joinpath("cells", *cell.split("/"))
    place.mkdir(parents=True)
    (place / "evidence.jsonl").write_text("", encoding="utf-8")
    write_transcript(place / FILE, transcript)


def test_what_differs_is_told_and_accounts_are_masked(
    cells: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", cells[0], cells[1]]) == ExitCode.AS_EXPECTED
    page = capsys.readouterr().out
    assert page.startswith(f"- {cells[0]}\n+ {cells[1]}\n")
    assert "+ 1 → req all open orders\n" in page
    assert ACCOUNT not in page


def test_two_that_are_the_same_are_said_to_be(cells: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", cells[0], cells[0]]) == ExitCode.AS_EXPECTED
    assert "the transcripts are the same" in capsys.readouterr().out
    assert main(["diff", cells[0], cells[0], "--json"]) == ExitCode.AS_EXPECTED
    assert json.loads(capsys.readouterr().out)["equal"] is True


def test_the_newest_run_that_asked_a_cell_is_compared_and_named(
    cells: tuple[str, ...], make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    later = "20261121T101112Z-ab12"
    plan = make.plan()
    folder = create_run_folder(Path("results"), later)
    outcome = RunOutcome(outcomes=(make.outcome(plan.cells[0]),), gateways=(make.gateway(),))
    write_results(folder, make.results(plan, outcome))
    (folder / "plan.json").touch()
    keep(folder, cells[0], talk(178, Message("req_positions"), Message("req_all_open_orders")))

    assert main(["diff", cells[0], cells[1], "--json"]) == ExitCode.AS_EXPECTED
    shown = capsys.readouterr()
    assert json.loads(shown.out)["equal"] is True, "the latest asked less of the first"
    assert shown.err.count(later) == 1


def test_every_line_is_shown_on_demand(cells: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", cells[0], cells[1], "--all"]) == ExitCode.AS_EXPECTED
    page = capsys.readouterr().out
    assert "  1 ← managed accounts accounts='DU9***01'\n" in page
    assert "…" not in page.replace("=…", "")


def test_a_cell_whose_wire_was_not_kept_ends_with_2_and_a_hint(
    cells: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path("results", RUN).joinpath("cells", *cells[1].split("/"))
    (folder / FILE).unlink()
    assert main(["diff", cells[0], cells[1]]) == ExitCode.WRONG_USE
    told = capsys.readouterr().err
    assert f"{cells[1]}: the traffic was not recorded" in told
    assert "--no-record" in told


def test_the_wire_of_a_cell_is_written_for_wireshark(
    cells: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "wire.pcap"
    assert main(["show", cells[0], "--pcap", str(file)]) == ExitCode.AS_EXPECTED
    assert file.read_bytes()[:4] in {PCAP, PCAPNG, PCAP[::-1]}
    assert "account numbers as they are" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_ends_with_2(
    cells: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "no" / "such" / "folder.pcap"
    assert main(["show", cells[0], "--pcap", str(file)]) == ExitCode.WRONG_USE
    assert "cannot be written" in capsys.readouterr().err
