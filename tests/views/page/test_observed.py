"""What was expected beside what was observed: by the parts of a difference, never by its words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.checks.expected import Expected, records
from harness.results.answers.agreement import agreed
from harness.results.answers.comparison import compared
from harness.results.answers.same import Asked
from harness.shared.evidence import CellOutcome, CheckRecord, RunOutcome
from harness.shared.status import Status
from harness.views.page.square_facts import observed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conftest import Maker

WHITE = "white_branding_id"
ASKED = Asked(began=0.0, ended=1.0, server_version=178)


def told_of(make: Maker, check: CheckRecord, name: str = "user_info") -> list[tuple[str, str, str]]:
    plan = make.plan()
    (cell,) = plan.cells
    outcome = make.outcome(cell, checks=make.checks(cell, **{name: check}), exit_code=1)
    results = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))
    return [line for line in observed(results.cells[cell.id]) if line[0].startswith(name)][1:]


@pytest.mark.parametrize(
    ("right", "got"),
    [("gold, got silver", "silver"), ("x: expected y", "z, got w"), ("a", "b"), (Decimal(1), "2")],
)
def test_a_value_that_reads_like_our_own_words_stays_whole(make: Maker, right: str, got: str) -> None:
    check = CheckRecord(name="user_info", status=Status.PASS, detail={"white_branding_id": got})
    wrong = compared(check, {"user_info": {"white_branding_id": right}}, ASKED)

    ((what, expected, observed_),) = told_of(make, wrong)

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


def test_where_the_libraries_disagree_it_says_who_read_what(make: Maker) -> None:
    plan = make.plan()
    (cell,) = plan.cells
    told = {"other": "gold, got silver", cell.id: "silver"}
    answers = [
        CellOutcome(cell=name, checks=(CheckRecord(name="user_info", status=Status.PASS, detail={WHITE: value}),))
        for name, value in told.items()
    ]
    (check,) = agreed(answers, dict.fromkeys(told, "ibapi"))[1].checks
    assert check.detail["parts"] == [
        {
            "where": "user_info",
            "field": WHITE,
            "got": "'silver'",
            "read": [{"value": "'gold, got silver'", "by": ["other"]}, {"value": "'silver'", "by": [cell.id]}],
        }
    ]
    (row,) = told_of(make, check)
    assert row[1:] == (f"'gold, got silver' read by other; 'silver' read by {cell.id}", "'silver'")


def test_more_differences_than_are_shown_are_counted(make: Maker) -> None:
    right: list[Mapping[str, Expected]] = [{"account": "DU9000001", "con_id": number} for number in range(30)]
    truth = {"positions": {"records": records(("account", "con_id"), right)}}
    check = CheckRecord(name="positions", status=Status.PASS, detail={"records": []})
    rows = told_of(make, compared(check, truth, ASKED), "positions")
    assert rows[0] == ("positions: account DU9***01, con_id 0: record", "a record", "none")
    assert rows[-1] == ("positions", "the truth", "… 10 more in the cell's evidence")
