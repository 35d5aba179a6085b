"""``ib-compat compare``: what became of each cell from one run to another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import main
from harness.plan.build_plan import build_plan
from harness.results.results_files import write_results
from harness.results.run_folder import create_run_folder, point_latest
from harness.shared.errors import ExitCode
from tests.results.compare.changing import red_at_ready, with_cell, with_check, without_cell
from tests.results.program_cells import KINDS as PROGRAMS
from tests.results.program_cells import program_of, with_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from harness.results.results_model import Results
    from tests.conftest import Maker

BEFORE, AFTER = "20261120T101112Z-ab12", "20261121T101112Z-cd34"
ID = "ib_async==2.1.0/py3.10/gateway-10.45-paper"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def store(results: Results, run: str = BEFORE) -> Results:
    named = replace(results, run=replace(results.run, id=run))
    write_results(create_run_folder(Path("results"), run), named)
    point_latest(Path("results"), run)
    return named


def compare(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["compare", *arguments])
    return code, capsys.readouterr().out


def test_a_regression_comes_first_with_its_reason_and_ends_with_1(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(make.results())
    store(red_at_ready(make.results()), AFTER)

    code, text = compare(capsys, BEFORE)

    assert code == ExitCode.INCOMPATIBLE
    assert text == (
        f"before  {BEFORE}\nafter   {AFTER}\n\nC regression\n    status pass → fail at ready\n"
        "    as expected → unexpectedly red\n    now: no account was read from the gateway\n"
        f"  {ID}\n\n1 regression, 0 improvements; 0 added, 0 deleted, 1 changed, 0 unchanged.\n"
    )


def test_an_improvement_ends_with_0(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(red_at_ready(make.results()))
    store(make.results(), AFTER)

    code, text = compare(capsys, BEFORE, AFTER)

    assert code == ExitCode.AS_EXPECTED
    assert "C improvement\n    status fail at ready → pass" in text


def test_a_kept_file_is_a_baseline(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(make.results())
    Path("results", BEFORE, "results.json").rename("baseline.json")
    store(red_at_ready(make.results()), AFTER)

    assert compare(capsys, "baseline.json")[0] == ExitCode.INCOMPATIBLE
    assert compare(capsys, "baseline.json", "baseline.json")[0] == ExitCode.AS_EXPECTED


def test_a_deleted_cell_is_a_regression_where_asked_for(
    make: Maker, matrix: Callable[..., Matrix], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = make.results(build_plan(matrix(), allow_live=True))
    store(whole)
    store(without_cell(whole, next(iter(whole.cells))), AFTER)

    assert compare(capsys, BEFORE)[0] == ExitCode.AS_EXPECTED
    code, text = compare(capsys, BEFORE, "--deleted")
    assert code == ExitCode.INCOMPATIBLE
    assert "D regression: deleted" in text


def test_the_unchanged_are_named_only_where_asked_for(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(make.results())

    assert ID not in compare(capsys, BEFORE)[1]
    assert f"U unchanged\n  {ID}" in compare(capsys, BEFORE, "--all")[1]


def test_a_slow_connect_is_a_remark(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    cell = next(iter(make.results().cells.values()))
    store(make.results())
    store(with_cell(make.results(), **with_check(cell, "ready", seconds=4.0)), AFTER)

    code, text = compare(capsys, BEFORE)

    assert code == ExitCode.AS_EXPECTED
    assert f"U unchanged\n  {ID}  (connect time 0.0 s → 4.0 s)" in text


def test_the_answer_is_data_too(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(make.results())
    store(red_at_ready(make.results()), AFTER)

    code, text = compare(capsys, BEFORE, "--json")
    document: dict[str, Any] = json.loads(text)

    assert code == ExitCode.INCOMPATIBLE
    assert (document["before"], document["after"], document["regressions"]) == (BEFORE, AFTER, 1)
    assert document["counts"] == {"added": 0, "gone": 0, "changed": 1, "unchanged": 0}
    (change,) = document["changes"]
    assert (change["cell"], change["kind"], change["regression"]) == (ID, "changed", True)
    assert (change["before"]["status"], change["after"]["status"]) == ("pass", "fail")


@pytest.mark.parametrize("name", ["20261120T101112Z-ab13", "nothing.json"])
def test_what_is_not_there_is_wrong_use(name: str, make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(make.results())

    assert main(["compare", name]) == ExitCode.WRONG_USE
    assert "no run '" in capsys.readouterr().err


def test_a_file_of_something_else_is_wrong_use(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(make.results())
    Path("other.json").write_text('{"cells": 3}', encoding="utf-8")

    assert main(["compare", "other.json"]) == ExitCode.WRONG_USE
    assert "other.json: schema_version" in capsys.readouterr().err


def test_programs_follow_with_what_is_new_and_a_regression_of_one_ends_with_1(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(with_programs(make.results(), bot=program_of({"today": {}, "then": {}})))
    store(with_programs(make.results(), bot=program_of({"today": {}, "then": PROGRAMS["different"]})), AFTER)

    code, text = compare(capsys, BEFORE)

    assert code == ExitCode.INCOMPATIBLE
    assert text.endswith(
        "0 regressions, 0 improvements; 0 added, 0 deleted, 0 changed, 1 unchanged.\n"
        "\nC regression of a program\n    same → different\n    as expected → unexpectedly different\n"
        "    new: what a request says place_order.limit: 187.5 → 187.49\n  bot/then\n"
        "\nPrograms: 1 regression, 0 improvements; 0 added, 0 deleted, 1 changed, 1 unchanged.\n"
    )


def test_json_has_every_cell_of_a_program(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(with_programs(make.results(), bot=program_of({"today": {}})))
    store(with_programs(make.results(), bot=program_of({"today": {}, "then": PROGRAMS["fails"]})), AFTER)

    found = json.loads(compare(capsys, BEFORE, "--json")[1])["programs"]

    assert [(each["cell"], each["kind"], each["before"] is None) for each in found] == [
        ("bot/then", "added", True),
        ("bot/today", "unchanged", False),
    ]
    assert found[0]["after"]["finding"] == "fails"


def test_runs_with_programs_alone_count_no_cells(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    alone = with_programs(without_cell(make.results(), ID), bot=program_of({"today": {}}))
    store(alone)
    store(alone, AFTER)

    code, text = compare(capsys, BEFORE)

    assert code == ExitCode.AS_EXPECTED
    assert text.count("regression") == 1
