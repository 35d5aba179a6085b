"""What an attacked run says is held against what one says that nobody attacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaigns.compared import blamed, changed, impossible, said
from harness.shared.evidence import CheckRecord, RunOutcome
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.results.results_model import Results
    from tests.conftest import Maker

ID = "ib_async==2.1.0/py3.10/gateway-10.45-paper"
MOST = 60.0


def ran(make: Maker, check: CheckRecord | None = None, seconds: float = 1.0) -> Results:
    """What a run leaves of one cell, which passes but for a check."""
    plan = make.plan()
    (cell,) = plan.cells
    checks = make.checks(cell, **({check.name: check} if check else {}))
    outcome = make.outcome(cell, checks=checks, exit_code=1 if check else 0, seconds=seconds)
    return make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))


WRONG = CheckRecord(
    name="positions",
    status=Status.DEGRADED,
    reason="not what the gateway sent",
    detail={"against": "both", "fields": ["quantity"], "differences": []},
)
FAILS = CheckRecord(name="positions", status=Status.FAIL, reason="TypeError: no such field")


def test_a_cell_that_says_the_same_has_not_changed(make: Maker) -> None:
    for check in (None, WRONG):
        assert changed(said(ran(make, check)), said(ran(make, check, seconds=2.0))) == {}


def test_a_cell_that_says_something_else_is_named_with_both(make: Maker) -> None:
    assert changed(said(ran(make)), said(ran(make, FAILS))) == {ID: "pass -> fail, positions fail nobody-saw"}
    assert changed(said(ran(make, WRONG)), said(ran(make, FAILS))).keys() == {ID}
    assert changed({}, said(ran(make))) == {ID: "nothing -> pass"}


def test_a_cell_that_was_not_asked_says_nothing(make: Maker) -> None:
    plan = make.plan()
    unasked = make.results(plan, RunOutcome(outcomes=(), gateways=(), interrupted=True))
    assert changed(said(ran(make)), said(unasked)) == {}


def test_a_library_is_blamed_for_an_attack_where_it_was_not_before(make: Maker) -> None:
    well, red = said(ran(make)), said(ran(make, WRONG))
    assert blamed(well, said(ran(make, FAILS))) == []
    assert blamed(well, red) == [ID]
    assert blamed(red, red) == []
    assert blamed(red, well) == []
    assert blamed({}, red) == [ID]


@pytest.mark.parametrize("seconds", [-0.5, MOST + 1])
def test_a_duration_that_cannot_be_is_named(make: Maker, seconds: float) -> None:
    assert impossible(ran(make), MOST) == []
    assert f"{ID} took {seconds:.3f} s" in impossible(ran(make, seconds=seconds), MOST)
    late = CheckRecord(name="positions", status=Status.PASS, seconds=seconds)
    assert impossible(ran(make, late), MOST) == [f"{ID}: positions took {seconds:.3f} s"]


def test_a_run_that_took_longer_than_others_saw_or_less_than_a_cell_is_named(make: Maker) -> None:
    assert impossible(ran(make), 5.0) == ["the run took 7.400 s"]
    assert impossible(ran(make, seconds=7.3), MOST) == []
    assert impossible(ran(make, seconds=7.5), MOST) == ["the run took 7.400 s"]
