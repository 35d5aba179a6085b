"""Where nobody knows the truth, the libraries are held against each other."""

from __future__ import annotations

from typing import Any

from harness.cell.checks import BY_NAME
from harness.evidence import CellOutcome, CheckRecord
from harness.run.agree import agreed
from harness.status import Status

AAPL: dict[str, Any] = {
    "account": "DU9000001",
    "con_id": 265598,
    "symbol": "AAPL",
    "quantity": "100",
    "average_cost": 187.25,
}


def cell(name: str, check: str = "positions", negotiated: int = 178, **detail: Any) -> CellOutcome:
    record = CheckRecord(name=check, status=Status.PASS, detail=detail)
    return CellOutcome(cell=name, checks=(record,), negotiated=negotiated)


def told(*cells: CellOutcome) -> list[tuple[Status, str | None]]:
    return [(check.status, check.reason) for outcome in agreed(cells) for check in outcome.checks]


PASSED = (Status.PASS, None)


def test_who_reads_the_same_passes() -> None:
    rounded = {**AAPL, "average_cost": 187.25000000001}
    assert told(cell("a", records=[AAPL]), cell("b", records=[rounded])) == [PASSED, PASSED]


def test_who_differs_from_most_is_degraded_and_the_field_is_named() -> None:
    wrong = {**AAPL, "quantity": "10"}
    assert told(cell("a", records=[AAPL]), cell("b", records=[wrong]), cell("c", records=[AAPL])) == [
        PASSED,
        (
            Status.DEGRADED,
            "the libraries disagree: account DU9000001, con_id 265598: quantity: 2 of 3 read '100', got '10'",
        ),
        PASSED,
    ]


def test_where_no_more_than_half_agree_all_are_degraded() -> None:
    answers = told(cell("a", records=[AAPL]), cell("b", records=[{**AAPL, "quantity": "10"}]))
    assert [status for status, _ in answers] == [Status.DEGRADED, Status.DEGRADED]
    assert all("quantity: '10' or '100', got" in str(reason) for _, reason in answers)


def test_a_record_that_others_read_is_missed() -> None:
    answers = told(cell("a", records=[AAPL]), cell("b", records=[]), cell("c", records=[AAPL]))
    assert [status for status, _ in answers] == [Status.PASS, Status.DEGRADED, Status.PASS]
    assert "con_id 265598: 2 of 3 read 'a record', got None" in str(answers[1][1])


def test_a_record_that_nobody_else_reads_is_named() -> None:
    more = {**AAPL, "con_id": 7}
    answers = told(cell("a", records=[AAPL]), cell("b", records=[AAPL, more]), cell("c", records=[AAPL]))
    assert [status for status, _ in answers] == [Status.PASS, Status.DEGRADED, Status.PASS]
    assert "con_id 7: 2 of 3 read None, got 'a record'" in str(answers[1][1])


def test_what_changes_by_itself_is_not_held_against_anybody() -> None:
    row = {"account": "DU9000001", "tag": "NetLiquidation", "currency": "USD"}
    cells = [
        cell(name, "account_summary", records=[{**row, "value": value}]) for name, value in (("a", "1"), ("b", "2"))
    ]
    assert told(*cells) == [PASSED, PASSED]
    quotes = [cell(name, "streaming_quote", bid=bid) for name, bid in (("a", 1.0), ("b", 2.0))]
    assert told(*quotes) == [PASSED, PASSED]


def test_one_alone_has_nobody_to_differ_from_and_a_red_one_says_nothing() -> None:
    red = CellOutcome(cell="b", checks=(CheckRecord(name="positions", status=Status.TIMEOUT, reason="no answer"),))
    assert told(cell("a", records=[AAPL]), red) == [PASSED, (Status.TIMEOUT, "no answer")]


def test_every_request_says_what_varies_or_can_be_compared() -> None:
    assert BY_NAME["ready"].varies == ("next_order_id",)
    assert BY_NAME["positions"].varies == ()
