"""``ib-compat prune``: what goes of old runs, and what stays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from harness.cli import main
from harness.plan.build_plan import build_plan
from harness.results.results_files import write_plan, write_results
from harness.results.results_model import PlanFile
from harness.results.run_folder import create_run_folder, point_latest
from harness.shared.errors import ExitCode
from tests.results.compare.changing import red_at_ready
from tests.results.program_cells import KINDS, program_of, with_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from harness.results.results_model import Results
    from tests.conftest import Maker

RED = "ib_async==2.1.0/py3.10/gateway-10.45-paper"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def results(make: Maker, matrix: Callable[..., Matrix]) -> Results:
    return red_at_ready(make.results(build_plan(matrix(), allow_live=True)), RED)


def name_of(day: int) -> str:
    return f"202611{day:02}T101112Z-ab12"


def store(results: Results, day: int, *, complete: bool = True, matrix: str = "m.toml") -> Path:
    run = name_of(day)
    folder = create_run_folder(Path("results"), run)
    cells = {name: replace(cell, artifacts=[f"cells/{name}/evidence.jsonl"]) for name, cell in results.cells.items()}
    info = replace(results.run, id=run, started=results.run.started.replace(day=day), matrix=matrix, complete=complete)
    write_plan(folder, PlanFile(run=run, started=info.started, command=[], matrix=matrix, plan=results.plan))
    write_results(folder, replace(results, run=info, cells=cells))
    for file in (
        *(file for cell in cells.values() for file in cell.artifacts),
        "grid.md",
        "index.html",
        "journal.jsonl",
    ):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("what was seen\n", encoding="utf-8")
    return folder


def left(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def prune(*arguments: str) -> None:
    assert main(["prune", *arguments]) == ExitCode.AS_EXPECTED


def test_results_and_the_evidence_of_reds_stay(results: Results) -> None:
    old, new = store(results, 1), store(results, 2)
    whole = left(new)
    prune("--keep", "1")
    assert left(old) == {"plan.json", "results.json", "grid.md", f"cells/{RED}/evidence.jsonl"}
    assert left(new) == whole
    assert not any(not list(folder.iterdir()) for folder in old.rglob("*") if folder.is_dir()), "an empty folder"


def test_history_still_knows_a_pruned_run(results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    for day in (1, 2):
        store(results, day)
    prune("--keep", "1")
    assert main(["history", RED]) == ExitCode.AS_EXPECTED
    said = capsys.readouterr().out
    assert all(name_of(day) in said for day in (1, 2))


def test_reds_go_too_if_that_is_asked(results: Results) -> None:
    old, _ = store(results, 1), store(results, 2)
    prune("--keep", "1", "--red")
    assert left(old) == {"plan.json", "results.json", "grid.md"}


def test_a_run_goes_as_a_whole_if_that_is_asked(results: Results) -> None:
    old, new = store(results, 1), store(results, 2)
    prune("--keep", "1", "--runs")
    assert not old.exists()
    assert new.exists()


def test_a_dry_run_removes_nothing(results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = store(results, 1), store(results, 2)
    whole = left(old)
    prune("--keep", "1", "--dry-run", "--json")
    assert left(old) == whole
    [told] = json.loads(capsys.readouterr().out)
    assert (told["run"], told["removed"], told["whole"]) == (old.name, False, False)
    assert told["bytes"] == 14 * told["files"]


def test_each_matrix_file_has_its_newest_runs(results: Results) -> None:
    mine = [store(results, day, matrix="mine.toml") for day in (1, 2)]
    others = [store(results, day, matrix="others.toml") for day in (3, 4)]
    prune("--keep", "1")
    assert ["index.html" in left(folder) for folder in (*mine, *others)] == [False, True, False, True]


@pytest.mark.parametrize("why", ["latest", "latest-mine", "running", "interrupted", "unreadable"])
def test_a_run_that_somebody_may_need_stays(why: str, results: Results) -> None:
    old, _ = store(results, 1, complete=why != "interrupted"), store(results, 2)
    lock = FileLock(old / ".journal.lock")
    if why.startswith("latest"):
        point_latest(Path("results"), old.name, why)
    elif why == "running":
        lock.acquire()
    elif why == "unreadable":
        (old / "results.json").write_text("{", encoding="utf-8")
    whole = left(old) - {".journal.lock"}
    try:
        prune("--keep", "1")
        assert left(old) - {".journal.lock"} == whole
    finally:
        lock.release()


def test_what_a_link_points_to_stays(results: Results, tmp_path: Path) -> None:
    old, _ = store(results, 1), store(results, 2)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine\n", encoding="utf-8")
    (old / "cells" / "linked").symlink_to(tmp_path / "mine", target_is_directory=True)
    prune("--keep", "1", "--runs")
    assert not old.exists()
    assert (tmp_path / "mine" / "notes.txt").is_file()


def test_there_may_be_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    prune()
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(("kind", "stay"), [("same", 0), ("different", 1), ("fails", 1), ("known", 0)])
def test_the_evidence_of_a_program_stays_if_it_is_not_as_expected_or_nobody_can_tell(
    kind: str, stay: int, results: Results
) -> None:
    tried = with_programs(results, bot=program_of({"then": KINDS[kind]}))
    old, _ = store(tried, 1), store(tried, 2)
    (file,) = [each for each in tried.programs["bot"].cells["bot/then"].artifacts if each.endswith("output.txt")]
    (old / file).parent.mkdir(parents=True)
    (old / file).write_text("sold\n", encoding="utf-8")
    prune("--keep", "1")
    assert [each for each in left(old) if each == file] == [file] * stay
