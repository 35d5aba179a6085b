"""``ib-compat why`` of a program's cell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli import main
from harness.results.results_files import write_results
from harness.results.run_folder import create_run_folder, point_latest
from harness.shared.errors import ExitCode
from tests.conftest import Maker
from tests.results.program_cells import KINDS, program_of, with_programs
from tests.run.programs.test_program_rows import GATEWAYS

RUN = "20261120T101112Z-ab12"
TODAY, THEN = "gateway-10.19-paper", "gateway-10.30-paper"
PROGRAM = """
[[program]]
name = "bot"
command = "python bot.py --account DU9000001"

[[program.expect]]
gateway = "gateway-10.30-*"
finding = "different"
reason = "known of DU9000001"
since = 2020-01-01
review = 2020-07-01
"""
LIBRARY = '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\npythons = ["3.10"]\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    Path("mine.toml").write_text(PROGRAM + GATEWAYS, encoding="utf-8")
    return tmp_path


def why(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["why", "--matrix", "mine.toml", *words]) == ExitCode.AS_EXPECTED
    return capsys.readouterr().out


def store(make: Maker) -> None:
    results = with_programs(make.results(), bot=program_of({TODAY: {}, THEN: KINDS["known"]}))
    run = replace(results.run, matrix="mine.toml")
    folder = create_run_folder(Path("results"), RUN)
    write_results(folder, replace(results, run=run))
    for name in results.programs["bot"].cells[f"bot/{THEN}"].artifacts:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    Path("mine.toml").write_text(PROGRAM + GATEWAYS, encoding="utf-8")  # the maker had its own there
    point_latest(Path("results"), RUN)


def test_it_says_what_it_is_compared_with_what_is_expected_and_what_was_seen(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(make)
    assert why(capsys, "bot/*10.30*").splitlines() == [
        f"bot/{THEN}",
        f"plan       run by mine.toml after the cells; compared with bot/{TODAY}",
        "program    python bot.py --account DU9***01",
        "expected   [[program.expect]] 1: different",
        "           known of DU9***01",
        "           since 2020-01-01, was due for review by 2020-07-01",
        "seen       does not do the same (other than today: gateway), as [[program.expect]] 1 expects",
        "           It does not do the same with Gateway 10.51 as with Gateway 10.37.",
        f"           in run {RUN} of mine.toml:",
        f"           results/{RUN}/programs/bot/{THEN}/output.txt",
        f"           results/{RUN}/programs/bot/{THEN}/asked.json",
        f"rerun      ib-compat run --program bot --gateway {THEN} --matrix mine.toml",
    ]


def test_that_of_today_is_what_others_are_compared_with_and_without_a_run_the_plan_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = why(capsys, f"bot/{TODAY}")
    assert "run by mine.toml after the cells; it is what others are compared with\n" in page
    assert "expected   it does the same\n" in page
    assert "seen       results: contains no run\n" in page


def test_the_same_as_json(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(make)
    said = json.loads(why(capsys, f"bot/{THEN}", "--json"))
    assert (said["cell"], said["compared_with"], said["today"]) == (f"bot/{THEN}", f"bot/{TODAY}", False)
    assert said["expected"] == {"rule": 1, "finding": ["different"], "reason": "known of DU9***01"}
    assert (said["seen"]["run"], said["seen"]["finding"]) == (RUN, "different")


def test_a_cell_comes_before_a_program_whose_id_has_the_word(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.toml").write_text(LIBRARY + PROGRAM + GATEWAYS, encoding="utf-8")
    assert why(capsys, "10.30").startswith(f"ib_async==2.1.0/py3.10/{THEN}\n")
    assert why(capsys, "bot/*10.30*").startswith(f"bot/{THEN}\n")
    assert main(["why", "--matrix", "mine.toml", "bit/10.30"]) == ExitCode.WRONG_USE
    assert "matches no cell" in capsys.readouterr().err


def test_where_no_program_is_the_option_that_names_them_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("libraries.toml").write_text(LIBRARY + GATEWAYS, encoding="utf-8")
    told = []
    for file in ("libraries.toml", "mine.toml"):
        assert main(["why", "--matrix", file, "bot/nowhere"]) == ExitCode.WRONG_USE
        told.append("--matrix FILE" in capsys.readouterr().err)
    assert told == [True, False]
