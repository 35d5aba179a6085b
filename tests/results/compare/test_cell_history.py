"""A cell in many runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from harness.results.compare.cell_history import CellHistory, history, whole_runs
from harness.shared.evidence import Resolved
from harness.shared.status import Status
from tests.results.compare.changing import EXPECTED_RED, RED, SKIPPED, booted, with_cell, with_check

if TYPE_CHECKING:
    from harness.results.results_model import Results
    from tests.conftest import Maker

COLUMN = "gateway-10.45-paper"
ID = f"ib_async==2.1.0/py3.10/{COLUMN}"
NOT_RUN = {"status": Status.NOT_RUN, "reason": "the run ended", "checks": []}
TIMEOUT = {**RED, "status": Status.TIMEOUT, "stage": "version"}


def installed(version: str) -> dict[str, Any]:
    return {
        "resolved": Resolved(
            distribution="ib_async", version=version, module_version=None, python="3.10.7", requirements={}
        )
    }


def runs(make: Maker, *changes: dict[str, Any]) -> list[Results]:
    """A run a day; changes of keys that a run has are changes of the run, the others of its cell."""
    found = []
    for number, each in enumerate(changes):
        results = with_cell(make.results(), **{key: value for key, value in each.items() if key not in {"os", "build"}})
        results = booted(results, each["build"]) if "build" in each else results
        run = replace(
            results.run,
            id=f"run-{number}",
            started=results.run.started + timedelta(days=number),
            host=replace(results.run.host, os=each.get("os", "Linux-6.1")),
        )
        found.append(replace(results, run=run))
    return found


def seen(make: Maker, *changes: dict[str, Any]) -> CellHistory:
    return history(ID, runs(make, *changes))


def test_the_rate_is_of_the_runs_that_asked_it(make: Maker) -> None:
    found = seen(make, {}, RED, SKIPPED, NOT_RUN, EXPECTED_RED, {})

    assert (found.passed, len(found.asked), len(found.points), found.as_expected) == (2, 4, 6, 3)


def test_the_connect_time_is_the_median_of_the_runs_that_connected(make: Maker) -> None:
    cell = next(iter(make.results().cells.values()))
    slow, slower = (with_check(cell, "ready", seconds=seconds) for seconds in (0.98, 2.98))

    found = seen(make, {}, slow, slower, {**RED, **with_check(cell, "ready", status=Status.FAIL)})

    assert found.connects == pytest.approx((0.03, 1.0, 3.0))
    assert found.connect == pytest.approx(1.0)
    assert seen(make, SKIPPED).connect is None


def test_the_last_change_is_told_with_what_changed(make: Maker) -> None:
    found = seen(make, {}, RED, RED, installed("2.1.1"), SKIPPED, installed("2.1.1"))

    assert [bool(point.what) for point in found.points] == [False, True, False, True, False, False]
    assert found.last_change is found.points[3]
    assert "ib_async 2.1.0 → 2.1.1" in found.points[3].what
    assert seen(make, {}, {}).last_change is None


def test_another_machine_is_told_and_is_no_change(make: Maker) -> None:
    found = seen(make, {}, {"os": "Windows-11"}, {"os": "Windows-11"})

    assert [bool(point.moved) for point in found.points] == [False, True, False]
    assert "Linux-6.1" in (found.points[1].moved or "")
    assert found.last_change is None


def test_another_build_of_the_gateway_is_told_and_is_no_change(make: Maker) -> None:
    found = seen(make, {"build": "10.45.1j"}, {"build": None}, {"build": "10.45.1j"}, {"build": "10.45.1k"})

    assert [point.moved for point in found.points] == [None, None, None, f"{COLUMN} 10.45.1j → 10.45.1k"]
    assert found.last_change is None


def test_there_and_back_with_the_same_versions_is_flaky_with_the_count(make: Maker) -> None:
    flaky = seen(make, {}, RED, {}, {}, TIMEOUT, {}).flaky

    assert flaky is not None
    assert (flaky.otherwise, flaky.runs, flaky.current) == (2, 6, True)
    assert flaky.outcomes == (("pass", 4), ("fail at ready", 1), ("timeout at version", 1))


@pytest.mark.parametrize(
    "changes",
    [
        [{}, {}, {}],
        [{}, {}, RED, RED],
        [RED, {}, {}],
        [{}, SKIPPED, {}, NOT_RUN, {}],
        [{}, {**RED, **installed("2.1.1")}, {}],
        [{}, {**RED, "gateway_max": 226}, {}],
        [{}, {**RED, "os": "Windows-11"}, {}],
        [{"build": "10.45.1j"}, {**RED, "build": "10.45.1k"}, {"build": "10.45.1j"}],
    ],
    ids=["same", "once", "mended", "not-asked", "library", "gateway", "system", "build"],
)
def test_what_changed_once_or_with_something_else_is_not_flaky(make: Maker, changes: list[dict[str, Any]]) -> None:
    assert seen(make, *changes).flaky is None


def test_other_expectations_are_another_question(make: Maker) -> None:
    first, second, third = runs(make, {}, RED, {})
    rules = make.results(make.plan(_RULE)).expectations

    assert history(ID, [first, second, third]).flaky is not None
    assert history(ID, [first, replace(second, expectations=rules), third]).flaky is None


def test_what_could_not_be_seen_is_taken_to_be_as_it_was(make: Maker) -> None:
    broken = {**RED, "resolved": None, "gateway_max": None, "build": None}
    well = {"build": "10.45.1j"}

    assert seen(make, well, broken, well).flaky is not None


def test_what_was_flaky_with_other_versions_is_told_as_that(make: Maker) -> None:
    flaky = seen(make, {}, RED, {}, installed("2.1.1"), installed("2.1.1")).flaky

    assert flaky is not None
    assert (flaky.otherwise, flaky.runs, flaky.current) == (1, 3, False)


def test_runs_are_put_in_order_and_parts_of_a_merged_one_are_left_out(make: Maker) -> None:
    first, second, third = runs(make, {}, {}, {})
    merged = replace(third, run=replace(third.run, parts=["run-1"]))

    assert [each.run.id for each in whole_runs([merged, second, first])] == ["run-0", "run-2"]


_RULE = (
    "[[expect]]\ncheck = 'positions'\nstatus = 'degraded'\nreason = 'known'\nsince = 2026-01-01\nreview = 2027-01-01\n"
)
