"""Every command, and every file of a run in place of which something else stands: an answer or a sentence, in time.

None of our errors is a traceback, and none ends with 1, which says that a library is incompatible.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from tests.attacks.attacks import ATTACKS, INSIDE, in_time, nothing
from tests.attacks.kept import CELL, COMMANDS, RUN, keep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Maker

OF_THE_CELL = {"evidence.jsonl", "wire.jsonl", "output.txt"}
READS = {
    "results.json": tuple(COMMANDS),
    "plan.json": ("upgrade", "pins", "bundle", "report", "merge"),
    "grid.md": ("bundle",),
    "evidence.jsonl": ("show", "show as JSON", "diff", "page", "merge", "bundle"),
    "wire.jsonl": ("show", "show as JSON", "show for Wireshark", "diff", "page", "merge", "bundle"),
    "output.txt": ("merge", "bundle"),
}
"""Which commands read a file of a run."""

PASSES_OVER = {"history", "upgrade", "pins", "why", "plan", "merge", "merge files"}
"""Commands to which a run that cannot be read is one less, or that name it and go on."""


@pytest.fixture(autouse=True)
def run(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.cli.bundle._look", nothing)
    return keep(make)


def attacked(run: Path, file: str, attacks: tuple[Callable[[Path], None], ...]) -> Iterator[str]:
    """One attack after the other on a file of the run, each on a fresh copy of the run; yields its name."""
    kept = run.with_name("kept")
    shutil.move(run, kept)
    for attack in attacks:
        shutil.copytree(kept, run)
        attack((run.joinpath("cells", *CELL.split("/")) if file in OF_THE_CELL else run) / file)
        yield f"{attack.__name__} for {file}"
        for left in run.parent.glob("2*"):  # and what was merged
            shutil.rmtree(left)
    shutil.move(kept, run)


@pytest.mark.parametrize("command", COMMANDS)
def test_untouched_all_is_well(command: str) -> None:
    assert main(COMMANDS[command]) == (1 if command == "upgrade" else 0)


@pytest.mark.parametrize(("file", "command"), [(file, each) for file, several in READS.items() for each in several])
def test_whatever_stands_there_is_an_answer_or_a_sentence(
    file: str, command: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for what in attacked(run, file, ATTACKS):
        with in_time(what):
            code = main(COMMANDS[command])
        out, err = capsys.readouterr()
        assert code in {0, 2, 3} or "NOT SAFE" in out, f"{what}: {code}"
        assert code <= 1 or "ib-compat: " in err, what
        assert "Traceback" not in err, what
        assert "an error of ib-compat's own" not in err, f"{what}: {err}"


@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in PASSES_OVER])
def test_results_that_are_none_are_a_failure(command: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for what in attacked(run, "results.json", INSIDE):
        with in_time(what):
            assert main(COMMANDS[command]) == 3, what
        assert f"results/{RUN}/results.json: " in capsys.readouterr().err
