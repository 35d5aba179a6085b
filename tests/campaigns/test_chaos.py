"""The campaign attacks real runs, and sees what is lost or left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from campaigns import chaos, surroundings
from campaigns.attacks import ATTACKS
from campaigns.trial import Trial
from harness.plan.matrix.environments import find_environments
from harness.results.packed_evidence import read_kept
from harness.results.results_model import Results
from harness.run.programs.clock import SHARED
from harness.shared.status import Status
from tests.rows import VARIABLE, need_row

HALF_AN_HOUR = 1800.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes as Linux has them")


def campaign(folder: Path, monkeypatch: pytest.MonkeyPatch, attack: str) -> tuple[int, dict[str, Any]]:
    """Attack one run; give the exit code and the figure."""
    for library in ("ib_async==2.1.0", "ibapi==9.81.1.post1"):
        need_row(library)
    options = ("--times", "1", "--seed", "7", "--resume", "1", "--environments", os.environ[VARIABLE])
    monkeypatch.setattr("sys.argv", ["chaos", "--attack", attack, *options, "--folder", str(folder)])
    code = chaos.main()
    (figure,) = json.loads((folder / "chaos.json").read_text("utf-8"))["figures"]
    return code, figure


@pytest.mark.slow
@pytest.mark.parametrize("attack", ["kill -9", "nox killed"])
def test_what_a_run_had_finished_is_shown_and_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    code, figure = campaign(tmp_path, monkeypatch, attack)
    assert code == 0, figure
    assert figure["finished"] == figure["kept"] > 0
    assert (figure["runs"], figure["whole"], figure["resumed"]) == (1, 1, figure["asked_to"])
    assert figure["problems"] == []


@pytest.mark.slow
def test_a_finished_cell_that_is_not_shown_later_is_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Trial.left

    def forgets(trial: Trial) -> Results:
        results = shown(trial)
        lost = {
            name: replace(cell, status=Status.NOT_RUN) if name in trial.told()[:1] else cell
            for name, cell in results.cells.items()
        }
        return replace(results, cells=lost)

    monkeypatch.setattr(Trial, "left", forgets)
    code, figure = campaign(tmp_path, monkeypatch, "kill -9")
    assert code == 1
    assert figure["kept"] == figure["finished"] - 1
    assert (figure["runs"], figure["whole"]) == (1, 0)


def need(attack: str) -> None:
    why = ATTACKS[attack].lacks()
    if why is not None:
        pytest.skip(why)


def off(files: Iterable[Path]) -> tuple[float, float]:
    """How far the times in files of JSON lines are from the clock, at least and at most."""
    lines = [json.loads(line) for file in files for line in read_kept(file).splitlines()]
    apart = [abs(line["at"] - time.time()) for line in lines if "at" in line]
    return min(apart), max(apart)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ["clock set", "run's clock set"])
def test_a_clock_that_is_set_changes_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    need(attack)
    monkeypatch.setattr(surroundings, "LEAST_STEP", 3600.0)
    written: list[dict[str, tuple[float, float]]] = []
    ended, reaches = Trial.ended, Trial.reaches

    def looked_at(trial: Trial) -> tuple[int | None, list[str]]:
        answer = ended(trial)
        names = ("journal.jsonl", "evidence.jsonl")
        written.append({name: off(trial.results.rglob(f"{name}*")) for name in names})
        return answer

    monkeypatch.setattr(Trial, "ended", looked_at)
    # as soon as one cell is finished: a step that comes late on a busy machine finds others to come
    monkeypatch.setattr(Trial, "reaches", lambda trial, _, counted: reaches(trial, 1, counted))
    code, figure = campaign(tmp_path, monkeypatch, attack)
    assert code == 0, figure
    assert figure["kept"] == figure["finished"] == chaos.CELLS
    assert (figure["changed"], figure["blamed"], figure["impossible"], figure["problems"]) == (0, 0, 0, [])
    undisturbed, attacked = written
    assert max(*undisturbed["journal.jsonl"], *undisturbed["evidence.jsonl"]) < HALF_AN_HOUR
    before, after = attacked["journal.jsonl"]
    assert before < HALF_AN_HOUR < after
    if attack == "run's clock set":
        assert max(attacked["evidence.jsonl"]) < HALF_AN_HOUR


@pytest.mark.parametrize(("attack", "libraries_too"), [("clock set", True), ("run's clock set", False)])
def test_the_libraries_have_the_clock_that_the_attack_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str, *, libraries_too: bool
) -> None:
    need(attack)
    monkeypatch.setattr(surroundings, "LEAST_STEP", 3600.0)
    need_row("ib_async==2.1.0")
    trial = Trial(tmp_path, Path(os.environ[VARIABLE]).resolve(), tmp_path / "results")
    monkeypatch.setattr(Trial, "begin", lambda _: None)
    random = Random(1)  # noqa: S311 - repeatable, and no secret
    ATTACKS[attack].begin(trial, random)
    ATTACKS[attack].strike(trial, random)
    built = find_environments(trial.environments)
    python = next(built[row].python for row in built if row.startswith("ib_async==2.1.0/"))
    reads = "import os, time; print(time.time(), os.getpid(), flush=True); os._exit(0)"  # a worker ends so, too
    told, process = subprocess.check_output([str(python), "-c", reads], text=True).split()
    assert (abs(float(told) - time.time()) > HALF_AN_HOUR) is libraries_too
    trial.end()
    assert not list(SHARED.glob(f"*faketime*_{process}"))


def test_an_attack_that_this_system_has_not_the_means_for_is_left_out_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(surroundings, "library", lambda: None)
    monkeypatch.setattr("sys.argv", ["chaos", "--attack", "clock set", "--folder", str(tmp_path)])
    assert chaos.main() == 0
    written = json.loads((tmp_path / "chaos.json").read_text("utf-8"))
    assert written["figures"] == []
    assert "libfaketime" in written["left_out"]["clock set"]
    assert "clock set: left out: libfaketime" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", ["processes", "files", "changed", "blamed", "impossible", "runs", "asked_to"])
def test_what_a_run_lost_or_left_or_says_wrongly_ends_the_campaign_with_1(wrong: str) -> None:
    figure = chaos.Figure(attack="clock set")
    assert figure.well
    setattr(figure, wrong, 1)
    assert not figure.well


@pytest.mark.parametrize(("wrong", "well"), [("changed", True), ("blamed", False)])
def test_where_cells_may_say_something_else_they_still_blame_no_library(wrong: str, *, well: bool) -> None:
    figure = chaos.Figure(attack="bad network", may_change=True)
    setattr(figure, wrong, 1)
    assert figure.well is well


def test_whoever_ends_the_campaign_ends_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Trial] = []

    def interrupted(trial: Trial, *_: object) -> bool:
        while not trial.processes():  # the system shows no environment of one that has begun this instant
            assert trial.process is not None
            assert trial.process.poll() is None
        begun.append(trial)
        raise KeyboardInterrupt

    monkeypatch.setattr(Trial, "reaches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        campaign(tmp_path, monkeypatch, "SIGHUP")
    (trial,) = begun
    assert trial.processes() == []
