"""Whether a cell works for somebody: by the checks that matter to them, and never by what was not asked."""

from __future__ import annotations

import pytest

from harness.results.decide.row_judging import Judgement, Required, Standing, judge, required
from harness.shared.errors import UsageError
from harness.shared.status import Status
from tests.results.decide.making import NEW, Making, making

__all__ = ["making"]

CELL = f"ib_async==2.1.0/py3.11/{NEW}"


def judged(making: Making, check: str, status: Status, *, allow: str = "", require: str = "") -> Judgement:
    evidence = making.evidence(making.run(("ib_async==2.1.0", NEW, check, status)))
    return judge(CELL, evidence.cells[CELL], required([allow], [require]))


@pytest.mark.parametrize("status", [Status.DEGRADED, Status.FAIL, Status.TIMEOUT])
def test_every_check_that_came_out_badly_is_a_problem(making: Making, status: Status) -> None:
    judgement = judged(making, "positions", status)
    assert judgement.standing is Standing.BREAKS
    assert [(problem.check, problem.status) for problem in judgement.problems] == [("positions", status)]


def test_what_the_versions_rule_out_is_no_problem_and_is_named(making: Making) -> None:
    judgement = judged(making, "current_time_in_millis", Status.UNSUPPORTED)
    assert (judgement.standing, judgement.predicted) == (Standing.WORKS, ("current_time_in_millis",))


@pytest.mark.parametrize("status", [Status.ERROR, Status.NOT_RUN])
def test_what_could_not_be_asked_is_not_known(making: Making, status: Status) -> None:
    judgement = judged(making, "positions", status)
    assert judgement.standing is Standing.UNKNOWN
    assert judged(making, "positions", status, allow="positions").standing is Standing.UNKNOWN, "the cell has no result"


def test_a_required_check_that_no_run_asked_is_not_known(making: Making) -> None:
    """The matrix asks for no orders, so nobody knows what becomes of one."""
    judgement = judged(making, "positions", Status.PASS, require="limit_order")
    assert judgement.standing is Standing.UNKNOWN
    assert judgement.why.endswith("did not ask limit_order")


def test_what_proves_contact_may_be_allowed_to_be_degraded_only(making: Making) -> None:
    assert judged(making, "ready", Status.DEGRADED, allow="ready").standing is Standing.WORKS
    assert judged(making, "ready", Status.TIMEOUT, allow="ready").standing is Standing.BREAKS
    assert judged(making, "ready", Status.TIMEOUT, require="positions").standing is Standing.BREAKS


def test_the_options_take_several_checks_and_refuse_what_is_none() -> None:
    assert required(["positions,executions", "pnl"], []) == Required(
        allowed=frozenset({"positions", "executions", "pnl"})
    )
    with pytest.raises(UsageError, match="--require 'positons' is not a check; did you mean 'positions'"):
        required([], ["positons"])
