"""``ib-compat merge``: the parts of a run to a run of its own, with their evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from harness.plan.build_plan import build_plan
from harness.plan.shard import shard_plan
from harness.results.assemble import RunFacts, plan_file
from harness.results.compare.program_changes import cells_of
from harness.results.results_files import read_results, write_plan, write_results
from harness.results.results_model import PlanFile
from harness.results.run_folder import create_run_folder
from harness.shared.errors import ExitCode
from harness.shared.evidence import VersionRange
from harness.shared.status import Status
from tests.conftest import STARTED
from tests.results.compare.changing import with_cell
from tests.results.program_cells import KINDS as PROGRAMS
from tests.results.program_cells import program_of, with_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from harness.plan.plan_model import Plan
    from harness.results.results_model import Results
    from tests.conftest import Maker

OLD, NEW = "20261120T101112Z-ab12", "20261120T101113Z-cd34"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shards(matrix: Callable[..., Matrix]) -> list[Plan]:
    whole = build_plan(matrix(), allow_live=True)
    return [shard_plan(whole, index, 2, {}) for index in (1, 2)]


def store(results: Results, run: str, place: str = "results") -> None:
    named = replace(results, run=replace(results.run, id=run))
    place_of_run = create_run_folder(Path(place), run)
    run_plan = PlanFile(run=run, started=STARTED, command=[], matrix="mine.toml", plan=named.plan)
    write_plan(place_of_run, run_plan)
    write_results(place_of_run, named)
    files = [file for cell in named.cells.values() for file in cell.artifacts]
    files += [file for cell in cells_of(named).values() for file in cell.artifacts]
    for file in files:
        (place_of_run / file).parent.mkdir(parents=True, exist_ok=True)
        (place_of_run / file).write_text(f"evidence of {run}\n", encoding="utf-8")


def test_programs_come_with_what_they_left(make: Maker, shards: list[Plan]) -> None:
    program = program_of({"today": {}, "then": PROGRAMS["different"]})
    store(with_programs(make.results(shards[0]), bot=program), OLD)
    store(make.results(shards[1]), NEW)

    assert main(["merge", OLD, NEW]) == ExitCode.INCOMPATIBLE

    latest = Path("results/latest")
    assert read_results(latest).programs == {"bot": program}
    for cell in program.cells.values():
        assert [(latest / file).read_text("utf-8") for file in cell.artifacts] == [f"evidence of {OLD}\n"] * 2
    assert '<table class="programs">' in (latest / "index.html").read_text("utf-8")


def test_a_program_that_was_not_reached_leaves_the_whole_unfinished(make: Maker, shards: list[Plan]) -> None:
    left = with_programs(make.results(shards[0]), bot=program_of({"today": PROGRAMS["not-run"]}))
    cut = replace(left.run, interrupted=True, complete=False)
    store(replace(left, run=cut), OLD)
    store(make.results(shards[1]), NEW)

    assert main(["merge", OLD, NEW]) == ExitCode.INTERRUPTED

    whole = read_results(Path("results/latest")).run
    assert (whole.complete, whole.interrupted) == (False, True)


def test_two_parts_are_one_run_with_all_evidence(
    make: Maker, shards: list[Plan], capsys: pytest.CaptureFixture[str]
) -> None:
    for run, shard in zip((OLD, NEW), shards, strict=True):
        store(make.results(shard), run)

    assert main(["merge", OLD, NEW]) == ExitCode.AS_EXPECTED

    latest = Path("results/latest")
    merged = read_results(latest)
    assert "4 cells in" in capsys.readouterr().out
    assert merged.run.parts == [OLD, NEW]
    for part in (OLD, NEW):
        for name in read_results(Path("results", part)).cells:
            assert (latest / "cells" / name / "evidence.jsonl").read_text("utf-8") == f"evidence of {part}\n"
    assert json.loads((latest / "plan.json").read_text("utf-8"))["plan"]["cells"] == list(merged.cells)
    assert merged.run.id in (latest / "grid.md").read_text("utf-8")


def test_merging_again_changes_nothing(make: Maker, shards: list[Plan]) -> None:
    for run, shard in zip((OLD, NEW), shards, strict=True):
        store(make.results(shard), run)
    main(["merge", OLD, NEW])
    first = Path("results/latest").resolve()
    before = {file: file.read_bytes() for file in first.rglob("*") if file.is_file()}

    assert main(["merge", NEW, "latest", OLD, OLD]) == ExitCode.AS_EXPECTED

    assert {file: file.read_bytes() for file in first.rglob("*") if file.is_file()} == before
    assert Path("results/latest").resolve() == first


def test_what_a_part_that_died_owes_is_red(make: Maker, shards: list[Plan], capsys: pytest.CaptureFixture[str]) -> None:
    store(make.results(shards[0]), OLD, "parts/1")
    facts = RunFacts(id=NEW, started=STARTED, command=(), ib_compat="0.1.0")
    write_plan(create_run_folder(Path("parts/2"), NEW), plan_file(shards[1], facts))

    assert main(["merge", "parts/1", "parts/2"]) == ExitCode.HARNESS_FAILED

    assert "ended before it could write its results" in capsys.readouterr().err
    statuses = [cell.status for cell in read_results(Path("results/latest")).cells.values()]
    assert sorted(statuses) == [Status.NOT_RUN] * 2 + [Status.PASS] * 2


def test_files_and_folders_of_runs_are_parts_too(make: Maker, shards: list[Plan]) -> None:
    for number, (run, shard) in enumerate(zip((OLD, NEW), shards, strict=True)):
        store(make.results(shard), run, f"parts/{number}")

    assert main(["merge", "parts/0", f"parts/1/{NEW}/results.json", "--json"]) == ExitCode.AS_EXPECTED

    assert len(list(Path("results/latest/cells").rglob("evidence.jsonl"))) == 4


def test_parts_that_contradict_each_other_are_refused(
    make: Maker, shards: list[Plan], capsys: pytest.CaptureFixture[str]
) -> None:
    part = make.results(shards[0])
    store(part, OLD)
    store(with_cell(part, negotiated=177, predicted=177, client_range=VersionRange(min=157, max=177)), NEW)

    assert main(["merge", OLD, NEW]) == ExitCode.WRONG_USE

    assert "the parts contradict each other" in capsys.readouterr().err
    assert not Path("results/latest").exists()


def test_a_part_that_is_not_there_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", "parts/1"]) == ExitCode.WRONG_USE
    assert "no run 'parts/1'" in capsys.readouterr().err
    Path("empty").mkdir()
    assert main(["merge", "empty"]) == ExitCode.WRONG_USE
    assert "empty: contains no results.json" in capsys.readouterr().err
