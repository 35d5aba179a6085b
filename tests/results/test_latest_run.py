"""``latest`` is the last complete run of its matrix, whatever else was run since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.default_file import IN_CHECKOUT
from harness.plan.selection import Selection
from harness.plan.shard import shard_plan
from harness.results.results_files import move_latest, write_results
from harness.results.run_folder import create_run_folder, find_run, point_latest
from harness.shared.errors import ResultsError
from harness.shared.evidence import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from harness.results.results_model import Results
    from tests.conftest import Maker

OTHER = Path("matrices", "known.toml")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    IN_CHECKOUT.parent.mkdir()
    IN_CHECKOUT.touch()
    return tmp_path


class Runs:
    """Keeps runs, one after another, and says which of them ``latest`` is."""

    def __init__(self, make: Maker, matrix: Matrix) -> None:
        self._make = make
        self._matrix = matrix
        self._kept = 0

    def keep(self, *, file: Path = IN_CHECKOUT, interrupted: bool = False, **options: Any) -> str:
        """Keep a run of a matrix file, or of a part of it; return its name."""
        plan = build_plan(replace(self._matrix, file=file, **options.pop("instead", {})), allow_live=True, **options)
        seen = None
        if interrupted:
            seen = RunOutcome(
                outcomes=(self._make.outcome(plan.cells[0]),), gateways=(self._make.gateway(),), interrupted=True
            )
        return self.add(self._make.results(plan, seen))

    def add(self, results: Results) -> str:
        self._kept += 1
        name = f"2026112{self._kept}T101112Z-ab12"
        run = replace(results, run=replace(results.run, id=name))
        kept = create_run_folder(Path("results"), name)
        (kept / "plan.json").write_text("{}", encoding="utf-8")
        write_results(kept, run)
        move_latest(kept, run)
        return name


@pytest.fixture
def runs(make: Maker, matrix: Callable[..., Matrix]) -> Runs:
    return Runs(make, matrix())


def latest(name: str | None = None) -> str:
    return find_run(Path("results"), name).name


SELECTED: dict[str, Any] = {"selection": Selection(gateways=("gateway-*",))}
ADDRESSED: dict[str, Any] = {"instead": {"whole": False}}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"interrupted": True}, id="interrupted"),
        pytest.param(SELECTED, id="selection"),
        pytest.param(ADDRESSED, id="other gateways"),
        pytest.param({"file": OTHER}, id="other matrix"),
    ],
)
def test_only_a_complete_run_of_the_whole_takes_the_place_of_one(runs: Runs, other: dict[str, Any]) -> None:
    first = runs.keep()
    assert latest() == first

    runs.keep(**other)
    assert latest() == first

    assert latest() != runs.keep() != first
    assert latest() == "20261123T101112Z-ab12"


def test_a_shard_is_not_the_whole(runs: Runs, make: Maker, matrix: Callable[..., Matrix]) -> None:
    whole = runs.keep()
    plan = build_plan(replace(matrix(), file=IN_CHECKOUT), allow_live=True)
    runs.add(make.results(shard_plan(plan, 1, 2, {})))

    assert latest() == whole


def test_each_matrix_has_a_latest_of_its_own(runs: Runs) -> None:
    runs.keep()
    known = runs.keep(file=OTHER)
    runs.keep(file=OTHER, interrupted=True)

    assert latest("latest-known") == known


def test_without_a_run_of_the_whole_the_best_that_there_is_counts(runs: Runs) -> None:
    interrupted = runs.keep(interrupted=True)
    assert latest() == interrupted

    selection = runs.keep(**SELECTED)
    assert latest() == selection

    runs.keep(interrupted=True)
    assert latest() == selection

    newer = runs.keep(**SELECTED)
    assert latest() == newer


def test_a_run_that_died_is_the_latest_only_where_there_is_no_other(tmp_path: Path) -> None:
    results = tmp_path / "results"
    for name, has_results in (("a", True), ("b", False)):
        kept = create_run_folder(results, name)
        (kept / "plan.json").write_text("{}", encoding="utf-8")
        if has_results:
            (kept / "results.json").write_text("{}", encoding="utf-8")

    assert find_run(results).name == "a"


def test_one_that_cannot_be_read_is_replaced(runs: Runs) -> None:
    broken = create_run_folder(Path("results"), "broken")
    (broken / "results.json").write_text("[]", encoding="utf-8")
    point_latest(Path("results"), "broken")

    assert runs.keep(interrupted=True) == latest()


def test_a_latest_of_a_matrix_that_never_ran_is_no_run(runs: Runs) -> None:
    runs.keep()

    with pytest.raises(ResultsError, match="no run 'latest-known'"):
        latest("latest-known")


def test_results_say_what_they_are_of(make: Maker, matrix: Callable[..., Matrix]) -> None:
    loaded = matrix()
    whole = make.results(build_plan(loaded, allow_live=True)).run
    part = make.results(build_plan(loaded, **SELECTED)).run
    changed = make.results(build_plan(matrix("# a remark\n"), allow_live=True)).run

    assert (whole.whole, whole.complete, part.whole, part.complete) == (True, True, False, True)
    assert whole.matrix_sha256 == part.matrix_sha256 != changed.matrix_sha256
