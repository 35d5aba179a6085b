"""``ib-compat show`` of a program's cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.results.program_results import RequestCount
from harness.results.results_files import write_results
from harness.results.run_folder import create_run_folder, point_latest
from harness.shared.errors import ExitCode
from tests.conftest import Maker
from tests.results.compare.changing import counted
from tests.results.program_cells import KINDS, program_of, with_programs

RUN, LATER = "20261120T101112Z-ab12", "20261121T101112Z-cd34"
REQUESTS = tuple(
    RequestCount(name=name, outcome=outcome, count=count)
    for name, outcome, count in (("place_order", "refused", 1), ("req_positions", "answered", 2))
)


@pytest.fixture(autouse=True)
def folder(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with a program, and a later one without."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    different = {**KINDS["different"], "requests": REQUESTS, "orders": 1, "left": 2, "cautions": ("it takes 2104 ill",)}
    cells = {"today": {}, "gateway-10.51-paper": different, "gateway-10.37-paper": KINDS["lacking"]}
    results = with_programs(make.results(), bot=program_of(cells))
    place = create_run_folder(Path("results"), RUN)
    write_results(place, results)
    written = place / "programs" / "bot" / "gateway-10.51-paper" / "output.txt"
    written.parent.mkdir(parents=True)
    lines = [f"line {number} of DU9000001\x1b[2J" for number in range(60)]
    written.write_text("\n".join(lines), encoding="utf-8")
    point_latest(Path("results"), RUN)
    return tmp_path


def show(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["show", *words]) == ExitCode.AS_EXPECTED
    return capsys.readouterr().out


def test_it_has_all_that_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    text = show(capsys, "bot/gateway-10.51-paper")
    lines = text.splitlines()
    assert lines[0] == "bot/gateway-10.51-paper"
    for line in (
        "result     does not do the same (other than today: gateway)",
        "           It does not do the same with Gateway 10.51 as with Gateway 10.37.",
        "program    python bot.py",
        "gateway    gateway-10.51-paper; negotiated server version 178",
        "otherwise  what a request says place_order.limit: 187.5 → 187.49",
        "asked      1 place_order: refused",
        "           2 req_positions: answered",
        "           1 order placed or changed",
        "careful    it takes 2104 ill",
        "end        exit code 0, after 1.2 s",
        "           processes that it left behind, and that were ended: 2",
        "wrote      … 20 lines before",
        "           line 20 of DU9***01\ufffd[2J",
        f"files      results/{RUN}/programs/bot/gateway-10.51-paper/output.txt",
        "rerun      ib-compat run --program bot --gateway gateway-10.51-paper",
    ):
        assert line in lines
    assert "DU9000001" not in text
    assert "line 19 " not in text


def test_json_has_its_record_and_all_that_it_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(show(capsys, "bot/*10.51*", "--json"))
    assert (found["cell"], found["finding"], found["run"]) == ("bot/gateway-10.51-paper", "different", RUN)
    assert found["requests"][0] == {"name": "place_order", "outcome": "refused", "count": 1}
    assert found["written"][0] == "line 0 of DU9***01\x1b[2J"
    assert len(found["written"]) == 60


def test_without_its_file_the_results_have_the_last_that_it_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    Path("results", RUN, "programs", "bot", "gateway-10.51-paper", "output.txt").unlink()
    assert 'wrote      wrote "<b>&|`' in show(capsys, "bot/gateway-10.51-paper")


def test_a_cell_comes_before_a_program_whose_id_has_the_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(capsys, "gateway-10.45-paper").startswith("ib_async==2.1.0/py3.10/gateway-10.45-paper\n")
    assert show(capsys, "10.37").startswith("bot/gateway-10.37-paper\n")


def test_the_newest_run_with_the_program_is_taken_and_named(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    write_results(create_run_folder(Path("results"), LATER), make.results())
    point_latest(Path("results"), LATER)
    Path("results", RUN, "plan.json").touch()
    assert main(["show", "bot/gateway-10.51-paper"]) == ExitCode.AS_EXPECTED
    assert f"bot/gateway-10.51-paper: of the run {RUN}" in capsys.readouterr().err


@pytest.mark.parametrize("alone", [True, False])
def test_what_is_neither_is_said_with_what_is_near(
    make: Maker, capsys: pytest.CaptureFixture[str], *, alone: bool
) -> None:
    results = with_programs(make.results(), bot=program_of({"gateway-10.51-paper": {}}))
    write_results(create_run_folder(Path("results"), LATER), counted(results, {}) if alone else results)
    point_latest(Path("results"), LATER)
    assert main(["show", "bit/gateway-10.51-paper"]) == ExitCode.WRONG_USE
    near = "bot/gateway-10.51-paper" if alone else "gateway-10.45-paper"
    assert near in capsys.readouterr().err


def test_the_wire_of_a_program_is_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "bot/gateway-10.51-paper", "--pcap", "it.pcap"]) == ExitCode.WRONG_USE
    assert "the traffic of programs is not kept" in capsys.readouterr().err
    assert not Path("it.pcap").exists()
