"""The campaign attacks real runs, and sees what is lost or left."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from campaigns import chaos
from campaigns.trial import Trial
from harness.results.model import Results
from harness.status import Status
from tests.rows import VARIABLE, need_row

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


@pytest.mark.parametrize("attack", ["kill -9", "nox killed"])
def test_what_a_run_had_finished_is_shown_and_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    code, figure = campaign(tmp_path, monkeypatch, attack)
    assert code == 0, figure
    assert figure["finished"] == figure["kept"] > 0
    assert (figure["runs"], figure["whole"], figure["resumed"]) == (1, 1, figure["asked_to"])
    assert figure["problems"] == []


def test_a_finished_cell_that_is_not_shown_later_is_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Trial.left

    def forgets(trial: Trial) -> Results:
        results = shown(trial)
        lost = {
            name: cell.model_copy(update={"status": Status.NOT_RUN}) if name in trial.told()[:1] else cell
            for name, cell in results.cells.items()
        }
        return results.model_copy(update={"cells": lost})

    monkeypatch.setattr(Trial, "left", forgets)
    code, figure = campaign(tmp_path, monkeypatch, "kill -9")
    assert code == 1
    assert figure["kept"] == figure["finished"] - 1
    assert (figure["runs"], figure["whole"]) == (1, 0)
