"""A row that was not built or installed, or cannot be imported: each of its cells says so, and other rows go on."""

from __future__ import annotations

import json

import pytest

from harness.shared.evidence import CheckRecord
from harness.shared.status import Status
from tests.run.fakes import HOST, TWO_GATEWAYS, FakeRuns


def test_a_row_that_was_not_built_is_an_error_that_says_how_to_build_it(runs: FakeRuns) -> None:
    runs.build("1")
    seen = runs.run(versions=("1", "2"))
    lost = seen.cells[f"ib_async==2/py{HOST}/gateway-10.45-paper"]
    assert (lost.checks, lost.worker_error) == ((), "its environment was not built; run: nox -s env")
    assert seen.cells[f"ib_async==1/py{HOST}/gateway-10.45-paper"].exit_code == 0


@pytest.mark.parametrize(
    ("log", "status", "reason"),
    [
        ("there is no version of it\n", Status.FAIL, "there is no version of it"),
        ("dns error\n", Status.ERROR, "dns error"),
        ("", Status.ERROR, "the installer failed without a word"),
    ],
)
def test_a_row_that_could_not_be_installed_fails_there_only_where_its_release_is_the_cause(
    runs: FakeRuns, log: str, status: Status, reason: str
) -> None:
    runs.build("1")
    runs.build("2", installed=False, log=log)
    seen = runs.run(versions=("1", "2"))
    lost = seen.cells[f"ib_async==2/py{HOST}/gateway-10.45-paper"]
    assert lost.checks == (CheckRecord(name="install", status=status, seconds=0.5, reason=reason),)
    assert lost.worker_error is None
    assert json.loads((runs.folder / "results" / lost.artifacts[0]).read_text("utf-8"))["reason"] == reason
    assert seen.cells[f"ib_async==1/py{HOST}/gateway-10.45-paper"].exit_code == 0


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_row_whose_interpreter_is_missing_is_passed_over(runs: FakeRuns, isolation: str) -> None:
    """The plan skips it, where it knows; where environments are built beside the run, the run finds out."""
    runs.build(python=None)
    assert runs.run(isolation=isolation).only.skipped == f"no Python {HOST} on this machine"


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_row_whose_interpreter_is_gone_is_an_error(runs: FakeRuns, isolation: str) -> None:
    runs.build(python=str(runs.folder / "gone"))
    assert "cannot start" in str(runs.run(isolation=isolation).only.worker_error)


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_an_import_that_fails_is_each_cells_last_check(runs: FakeRuns, isolation: str) -> None:
    runs.build()
    failed = {"name": "import", "status": "fail", "reason": "ModuleNotFoundError: No module named 'google'"}
    seen = runs.run(f"ready(**{{'import': {failed!r}}}, announced=None)\nhear()", isolation=isolation)
    assert [(check.name, check.status) for check in seen.only.checks] == [
        ("install", Status.PASS),
        ("import", Status.FAIL),
    ]
    assert (seen.only.exit_code, seen.only.announced, seen.only.worker_error) == (None, None, None)
    lines = (runs.folder / "results" / seen.only.artifacts[0]).read_text("utf-8").splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["install", "import"]


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_worker_that_does_not_start_is_each_cells_error(runs: FakeRuns, isolation: str) -> None:
    runs.build()
    seen = runs.run("sys.exit('bad interpreter')", gateways=TWO_GATEWAYS, isolation=isolation)
    told = "the worker ended before it was ready: bad interpreter"
    assert {cell.worker_error for cell in seen.cells.values()} == {told}
    assert {check.name for cell in seen.cells.values() for check in cell.checks} == {"install"}
