"""How each request came out in the rows of a run: by the checks that ask it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.results.requests_measured import Measured, requests_measured
from harness.shared.status import Status
from tests.conftest import Maker
from tests.results.decide.making import NEW, OLD, Making


@pytest.fixture(name="making")
def runs_of_a_small_matrix(make: Maker, tmp_path: Path) -> Making:
    return Making(make, tmp_path)


def test_what_passes_is_counted_for_the_libraries_that_are_asked_for(making: Making) -> None:
    run = making.run()
    both = requests_measured(run, {"ib_async", "ibapi"})["req_positions"]
    alone = requests_measured(run, {"ibapi"})["req_positions"]
    assert both.passed > alone.passed > 0
    assert (both.reds, alone.impossible) == ((), 0)
    assert requests_measured(run, {"ib_insync"}) == {}


@pytest.mark.parametrize("status", [Status.FAIL, Status.TIMEOUT, Status.DEGRADED])
def test_a_check_that_does_not_pass_is_named_with_its_row_and_gateways(making: Making, status: Status) -> None:
    run = making.run(("ib_async==2.0.1", "", "positions", status))
    (red,) = requests_measured(run, {"ib_async"})["req_positions"].reds
    assert (red.row, red.check, red.status, red.reason) == (
        "ib_async==2.0.1/py3.11",
        "positions",
        status.value,
        "positions is broken",
    )
    assert red.gateways == (OLD, NEW)


@pytest.mark.parametrize("status", [Status.SKIPPED, Status.ERROR, Status.NOT_RUN])
def test_what_was_not_asked_or_failed_because_of_us_is_not_measured(making: Making, status: Status) -> None:
    run = making.run(("", "", "pnl", status))
    assert "req_pnl" not in requests_measured(run, {"ib_async", "ibapi"})


def test_what_the_versions_rule_out_is_no_red(making: Making) -> None:
    run = making.run(("", "", "pnl", Status.UNSUPPORTED))
    measured = requests_measured(run, {"ib_async"})["req_pnl"]
    assert measured == Measured(impossible=6)


def test_orders_were_measured_if_a_check_that_sends_them_was_asked(making: Making) -> None:
    run = making.run()
    assert "place_order" not in requests_measured(run, {"ib_async"})
    name, cell = next((name, cell) for name, cell in run.cells.items() if cell.adapter == "ib_async")
    ordered = replace(cell.checks[-1], name="limit_order", status=Status.PASS)
    asked = {**run.cells, name: replace(cell, checks=[*cell.checks, ordered])}
    assert requests_measured(replace(run, cells=asked), {"ib_async"})["place_order"].passed == 1
