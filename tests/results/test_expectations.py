"""Rules that no check of a run needed, and when a run can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.plan.selection import Selection
from harness.results.expectations import uses
from harness.results.judge import judge
from harness.shared.evidence import CellOutcome, CheckRecord, RunOutcome
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.plan.plan_model import Plan
    from tests.conftest import Maker

RULE = "[[expect]]\n{where}\nstatus = ['degraded', 'pass']\nreason = 'known'\nsince = 2026-01-01\nreview = 2027-01-01\n"


def used(make: Maker, plan: Plan, *outcomes: CellOutcome) -> dict[int, bool | None]:
    seen = {outcome.cell: outcome for outcome in outcomes}
    judged = [(cell, judge(cell, seen.get(cell.id, make.outcome(cell)), make.gateway())) for cell in plan.cells]
    return uses(plan, judged)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("check = 'positions'", True),
        ("gateway = 'gateway-*'", True),
        ("library = 'ib_asink'", False),
        ("versions = '<2'\ncheck = 'positions'", False),
        ("gateway = 'tws-*'", False),
        ("python = '>=3.14'", None),
        ("python = '>=3.14'\nlibrary = 'ib_asink'", False),
    ],
)
def test_a_rule_is_used_where_it_counts_for_a_check_of_the_run(
    make: Maker, *, where: str, expected: bool | None
) -> None:
    assert used(make, make.plan(RULE.format(where=where))) == {1: expected}


def test_a_rule_behind_another_that_says_the_same_is_not_used(make: Maker) -> None:
    rules = RULE.format(where="check = ['positions', 'executions']") + RULE.format(where="check = 'positions'")

    assert used(make, make.plan(rules)) == {1: True, 2: False}


def test_a_check_that_is_left_out_may_need_its_rule_where_it_is_asked(make: Maker) -> None:
    plan = make.plan(RULE.format(where="check = 'positions'"))
    cell = plan.cells[0]
    without = replace(
        cell,
        checks=tuple(check for check in cell.checks if check != "positions"),
        left_out={"positions": "orders are sent only with --orders"},
    )

    assert used(make, replace(plan, cells=(without,))) == {1: None}


def test_what_was_not_asked_may_still_need_its_rule(make: Maker) -> None:
    plan = make.plan(RULE.format(where="check = 'positions'"))
    cell = plan.cells[0]
    stopped = (CheckRecord(name="install", status=Status.PASS), CheckRecord(name="import", status=Status.FAIL))

    assert used(make, plan, make.outcome(cell, checks=stopped, negotiated=None)) == {1: None}
    assert used(make, plan, CellOutcome(cell=cell.id, skipped="wedged by another cell")) == {1: None}


def test_latest_may_need_a_rule_for_another_version_next_time(make: Maker) -> None:
    assert used(make, make.plan(RULE.format(where="versions = '<2'"), version="latest")) == {1: None}


def test_a_run_that_a_selection_narrowed_cannot_tell(make: Maker) -> None:
    more = "[[gateway]]\nproduct = 'tws'\nversion = '10.37'\nkind = 'simulator'\n"
    file = make.plan(more + RULE.format(where="gateway = 'tws-1-paper'")).matrix
    whole, one = build_plan(load_matrix(file)), build_plan(load_matrix(file), Selection(gateways=("gateway-*",)))

    assert used(make, whole) == {1: False}
    assert used(make, one) == {1: None}
    assert used(make, build_plan(load_matrix(file), Selection(gateways=("*",)))) == {1: False}, "it left nothing out"


def test_results_and_rules_agree(make: Maker) -> None:
    plan = make.plan(RULE.format(where="check = 'positions'") + RULE.format(where="library = 'ib_asink'"))
    run = RunOutcome(outcomes=tuple(make.outcome(cell) for cell in plan.cells), gateways=(make.gateway(),))

    assert [rule.used for rule in make.results(plan, run).expectations] == [True, False]
