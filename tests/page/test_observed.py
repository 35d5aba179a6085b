"""What was expected beside what was observed: by the parts of a difference, never by its words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.evidence import CheckRecord, RunOutcome
from harness.page.observed import observed
from harness.run.compare import compared
from harness.run.same import Asked
from harness.status import Status

if TYPE_CHECKING:
    from tests.conftest import Maker

ASKED = Asked(began=0.0, ended=1.0, server_version=178)


def told(make: Maker, check: CheckRecord) -> list[tuple[str, str, str]]:
    plan = make.plan()
    (cell,) = plan.cells
    outcome = make.outcome(cell, checks=make.checks(cell, user_info=check), exit_code=1)
    results = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))
    return [line for line in observed(results.cells[cell.id]) if line[0].startswith("user_info:")]


@pytest.mark.parametrize(
    ("right", "got"),
    [("gold, got silver", "silver"), ("x: expected y", "z, got w"), ("a", "b"), (Decimal(1), "2")],
)
def test_a_value_that_reads_like_our_own_words_stays_whole(make: Maker, right: str, got: str) -> None:
    check = CheckRecord(name="user_info", status=Status.PASS, detail={"white_branding_id": got})
    wrong = compared(check, {"user_info": {"white_branding_id": right}}, ASKED)

    ((what, expected, observed_),) = told(make, wrong)

    assert what == "user_info: white_branding_id"
    assert str(right) in expected
    assert "got" not in expected.replace(str(right), "")
    assert observed_ == repr(got)


def test_a_difference_of_which_only_the_words_are_known_is_left_whole(make: Maker) -> None:
    words = "x: expected gold, got silver, got bronze"
    detail = {"differences": [words]}
    plan = make.plan()
    (cell,) = plan.cells
    check = CheckRecord(name="user_info", status=Status.DEGRADED, detail=detail)
    outcome = make.outcome(cell, checks=make.checks(cell, user_info=check), exit_code=1)
    results = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))

    assert ("user_info", "the truth", words) in observed(results.cells[cell.id])
