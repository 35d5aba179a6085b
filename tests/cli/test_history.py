"""``ib-compat history``: how cells came out in the runs so far."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import main
from harness.plan.build_plan import build_plan
from harness.results.results_files import write_plan, write_results
from harness.results.results_model import PlanFile
from harness.results.run_folder import create_run_folder
from harness.shared.errors import ExitCode
from tests.conftest import STARTED
from tests.dying import dying
from tests.results.compare.changing import red_at_ready
from tests.results.program_cells import KINDS as PROGRAMS
from tests.results.program_cells import program_of, with_programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.plan.matrix.load import Matrix
    from harness.results.results_model import Results
    from tests.conftest import Maker

ID = "ib_async==2.1.0/py3.10/gateway-10.45-paper"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def store(results: Results, day: int) -> None:
    started = results.run.started.replace(day=day)
    run = f"202611{day:02}T101112Z-ab12"
    place = create_run_folder(Path("results"), run)
    named = replace(results, run=replace(results.run, id=run, started=started))
    write_plan(place, PlanFile(run=run, started=started, command=[], matrix="m.toml", plan=named.plan))
    write_results(place, named)


@pytest.fixture
def three(make: Maker, matrix: Callable[..., Matrix]) -> None:
    """Three days: one cell was red on the second, three passed."""
    results = make.results(build_plan(matrix(), allow_live=True))
    for day in (20, 21, 22):
        store(red_at_ready(results, ID) if day == 21 else results, day)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["history", *arguments]) == ExitCode.AS_EXPECTED
    return capsys.readouterr().out


@pytest.mark.usefixtures("three")
def test_a_cell_is_told_run_by_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, ID)

    assert text.splitlines()[:5] == [
        ID,
        "2 of 3 pass, 2 as expected, in 3 runs",
        "connect time 0.03 s in the newest, 0.03 s the median",
        "last change in 20261122T101112Z-ab12",
        "flaky: 1 of 3 runs with the same versions ended differently: 2 pass, 1 fail at ready",
    ]
    assert "20261121T101112Z-ab12  ✗ fail at ready, 178" in text
    assert "    status pass → fail at ready\n" in text
    assert text.index("20261122T101112Z") < text.index("20261121T101112Z-ab12  ✗")


def test_one_run_is_singular(make: Maker, matrix: Callable[..., Matrix], capsys: pytest.CaptureFixture[str]) -> None:
    store(make.results(build_plan(matrix(), allow_live=True)), 20)

    assert "1 of 1 pass, 1 as expected, in 1 run\n" in said(capsys, ID)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("what", "cells"),
    [("ib_async==2.1.0", 2), ("ib_async==2.1.0/py3.10", 2), ("gateway-10.45-paper", 2), ("*", 4), ("GATEWAY-*", 2)],
)
def test_a_row_a_gateway_or_a_glob_is_a_line_for_each_cell(
    capsys: pytest.CaptureFixture[str], what: str, cells: int
) -> None:
    text = said(capsys, what)

    assert sum("/py3.10/" in line and "flaky" not in line for line in text.splitlines()) == cells
    assert f"{ID}: flaky: 1 of 3 runs" in text


@pytest.mark.usefixtures("three")
def test_only_the_newest_runs_are_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert "1 of 2 pass" in said(capsys, ID, "--last", "2")


@pytest.mark.usefixtures("three")
def test_the_answer_is_data_too(capsys: pytest.CaptureFixture[str]) -> None:
    (document,) = json.loads(said(capsys, ID, "--json"))
    found: dict[str, Any] = document

    assert (found["runs"], found["asked"], found["passed"]) == (3, 3, 2)
    assert found["flaky"] == {
        "otherwise": 1,
        "runs": 3,
        "outcomes": {"pass": 2, "fail at ready": 1},
        "current": True,
    }
    assert [point["status"] for point in found["points"]] == ["pass", "fail", "pass"]


@pytest.mark.usefixtures("three")
def test_a_run_that_cannot_be_read_is_named_and_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    Path("results/20261121T101112Z-ab12/results.json").write_text("{", encoding="utf-8")

    assert main(["history", ID]) == ExitCode.AS_EXPECTED

    out, err = capsys.readouterr()
    assert "2 of 2 pass" in out
    assert "skipped" in err
    assert "20261121T101112Z-ab12" in err


@pytest.mark.usefixtures("three")
def test_a_name_that_no_cell_has_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "ib_asink"]) == ExitCode.WRONG_USE
    assert "'ib_asink' matches no cell" in capsys.readouterr().err


def test_without_runs_there_is_no_history(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "*"]) == ExitCode.WRONG_USE
    assert "contains no readable run" in capsys.readouterr().err


DIED = "20261123T101112Z-ab12"
LEFT = "interrupted at 1 of 4, where it ended without a word"


@pytest.fixture
def fourth(make: Maker, matrix: Callable[..., Matrix]) -> Iterator[None]:
    """A fourth day goes on: it has finished one cell of four."""
    plan = build_plan(matrix(), allow_live=True)
    outcome = make.outcome(next(cell for cell in plan.cells if cell.id == ID))
    with dying(make, plan, DIED, outcome, started=STARTED.replace(day=23)):
        yield


@pytest.fixture
def died(make: Maker, matrix: Callable[..., Matrix]) -> None:
    """The fourth day died there."""
    plan = build_plan(matrix(), allow_live=True)
    outcome = make.outcome(next(cell for cell in plan.cells if cell.id == ID))
    with dying(make, plan, DIED, outcome, started=STARTED.replace(day=23)):
        pass


@pytest.mark.usefixtures("three", "died")
def test_what_a_run_had_finished_that_died_counts_and_it_is_listed_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, ID)

    assert "3 of 4 pass, 3 as expected, in 4 runs" in text
    assert f"{DIED}  ✓ pass, 178, connected in 0.03 s; the run was {LEFT}\n" in text


@pytest.mark.usefixtures("three", "died")
def test_what_a_run_had_not_finished_that_died_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "ib_async==1.0.3/*")

    assert f"\n\n{DIED}: {LEFT}\n" in text
    assert "3 of 3" in text
    assert "✓   ib_async==1.0.3/py3.10/gateway-10.45-paper" in text, "the mark is of the newest run that came to it"
    text = said(capsys, "ib_async==1.0.3/py3.10/gateway-10.45-paper")
    assert f"{DIED}  ? not-run; the run was {LEFT}\n" in text


@pytest.mark.usefixtures("three", "fourth")
def test_a_run_that_goes_on_is_listed_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert "the run was still running: 1 of 4\n" in said(capsys, ID)


@pytest.mark.usefixtures("three", "died")
def test_how_far_a_run_came_is_data_too(capsys: pytest.CaptureFixture[str]) -> None:
    (document,) = json.loads(said(capsys, ID, "--json"))
    assert [point["unfinished"] for point in document["points"]] == [None, None, None, LEFT]


@pytest.mark.usefixtures("three", "died")
def test_a_run_that_died_and_left_no_journal_is_named_and_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    Path("results", DIED, "journal.jsonl").unlink()

    assert main(["history", ID]) == ExitCode.AS_EXPECTED

    out, err = capsys.readouterr()
    assert "in 3 runs" in out
    assert "skipped" in err
    assert DIED in err


@pytest.fixture
def nights(make: Maker) -> None:
    """Four nights of a program: the same, not run, something else, nobody can tell."""
    for day, kind in ((20, "same"), (21, "not-run"), (22, "different"), (23, "fails")):
        cells = {"today": {}, "then": PROGRAMS[kind]}
        store(with_programs(make.results(), bot=program_of(cells)), day)


@pytest.mark.usefixtures("nights")
def test_a_cell_of_a_program_is_told_run_by_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "bot/then").splitlines() == [
        "bot/then",
        "1 of 3 the same, 1 as expected, in 4 runs",
        "last change in 20261123T101112Z-ab12",
        "",
        "20261123T101112Z-ab12  · nobody can tell (fails), 178",
        "    different → nobody can tell (fails)",
        "20261122T101112Z-ab12  ✗ different, 178",
        "    same → different",
        "    as expected → unexpectedly different",
        "    new: what a request says place_order.limit: 187.5 → 187.49",
        "20261121T101112Z-ab12  ? was not run",
        "20261120T101112Z-ab12  ✓ same, 178",
    ]


@pytest.mark.usefixtures("nights")
def test_the_steps_of_a_bisection_are_no_nights_of_a_program(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    """A step compares it with the good version, and not with what it has today."""
    nights = said(capsys, "bot/then")
    step = with_programs(make.results(), bot=program_of({"then": PROGRAMS["different"]}))
    store(replace(step, run=replace(step.run, command=["ib-compat", "bisect", "ib_async"])), 24)
    assert said(capsys, "bot/then") == nights


@pytest.mark.usefixtures("nights")
def test_the_cells_of_a_program_have_a_line_each_below_those_of_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "bot").splitlines()
    assert [line.split() for line in lines] == [
        ["program", "same", "last", "change"],
        ["✓", "bot/today", "4", "of", "4", "never"],
        ["·", "bot/then", "1", "of", "3", "20261123T101112Z-ab12"],
    ]
    both = said(capsys, "*")
    assert both.index(ID) < both.index("bot/then")
    assert said(capsys, "gateway-10.45").startswith(ID)
    assert said(capsys, "t/the").startswith("bot/then")


@pytest.mark.usefixtures("nights")
def test_json_has_each_run_of_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = json.loads(said(capsys, "bot/then", "--json"))
    assert (found["runs"], found["tried"], found["same"], found["as_expected"]) == (4, 3, 1, 1)
    assert [point["finding"] for point in found["points"]] == ["same", None, "different", "fails"]
    assert found["last_change"]["run"] == "20261123T101112Z-ab12"
