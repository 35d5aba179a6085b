"""Where nobody knows the truth, the libraries are held against each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.checks.all import BY_NAME
from harness.results.answers.agreement import agreed
from harness.shared.evidence import Against, CellOutcome, CheckRecord
from harness.shared.status import Status

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
    adapters = {each.cell: "ibapi" for each in cells}
    return [(check.status, check.reason) for outcome in agreed(cells, adapters) for check in outcome.checks]


PASSED = (Status.PASS, None)


def test_who_reads_the_same_passes() -> None:
    rounded = {**AAPL, "average_cost": 187.25000000001}
    assert told(cell("a", records=[AAPL]), cell("b", records=[rounded])) == [PASSED, PASSED]


def test_most_voices_prove_nothing() -> None:
    wrong = {**AAPL, "quantity": "10"}
    answers = agreed(
        [cell("a", records=[AAPL]), cell("b", records=[wrong]), cell("c", records=[AAPL])],
        {"a": "ib_async", "b": "ibapi", "c": "ib_insync"},
    )
    assert [check.status for outcome in answers for check in outcome.checks] == [Status.DEGRADED] * 3
    assert {check.detail["against"] for outcome in answers for check in outcome.checks} == {"others"}
    assert [check.detail["differences"] for outcome in answers for check in outcome.checks] == [
        [f"account DU9000001, con_id 265598: quantity: '10' or '100', got {got!r}"] for got in ("100", "10", "100")
    ]


def test_what_the_transcript_confirmed_is_held_against_nobody() -> None:
    """The account changed between two cells, as the transcripts of both show."""
    sold = {**AAPL, "quantity": "10"}
    cells = [cell("a", records=[AAPL]), cell("b", records=[sold]), cell("c", records=[])]
    assert told(*(replace(each, heard=frozenset({"positions"})) for each in cells)) == [PASSED] * 3


def test_who_has_no_transcript_is_not_held_against_who_has() -> None:
    seen = replace(cell("a", records=[AAPL]), heard=frozenset({"positions"}))
    assert told(seen, cell("b", records=[{**AAPL, "quantity": "10"}])) == [PASSED, PASSED]


@pytest.mark.parametrize("records", [[], [AAPL, AAPL]], ids=["missing", "twice"])
def test_a_record_that_is_not_there_once_is_named(records: list[Any]) -> None:
    answers = told(cell("a", records=[AAPL]), cell("b", records=records), cell("c", records=[AAPL]))
    assert [status for status, _ in answers] == [Status.DEGRADED] * 3
    assert f"con_id 265598: times: {' or '.join(sorted(['1', str(len(records))]))}, got" in str(answers[1][1])


def test_a_record_that_nobody_else_reads_is_named() -> None:
    answers = told(cell("a", records=[AAPL]), cell("b", records=[AAPL, {**AAPL, "con_id": 7}]))
    assert [status for status, _ in answers] == [Status.DEGRADED, Status.DEGRADED]
    assert "con_id 7: times: 0 or 1, got 1" in str(answers[1][1])


def test_not_a_number_is_the_same_for_all() -> None:
    nothing = {**AAPL, "average_cost": float("nan")}
    assert told(cell("a", records=[nothing]), cell("b", records=[dict(nothing, average_cost=float("-nan"))])) == [
        PASSED,
        PASSED,
    ]


def wrong(name: str, against: Against, *fields: str) -> CellOutcome:
    """A cell whose answer differs from what its transcript says, in some fields."""
    detail = {"records": [], "fields": list(fields), "against": against.value, "differences": ["x", "y"]}
    record = CheckRecord(
        name="positions", status=Status.DEGRADED, reason="not what the gateway sent: x …", detail=detail
    )
    return CellOutcome(cell=name, checks=(record,), heard=frozenset({"positions"}))


@pytest.mark.parametrize("against", [Against.WIRE, Against.BOTH])
def test_where_libraries_that_share_no_code_read_the_same_field_otherwise_our_codec_is_wrong(against: Against) -> None:
    cells = [wrong("a", against, "quantity", "strike"), wrong("b", against, "quantity")]
    outcomes = agreed(cells, {"a": "ib_async", "b": "ibapi"}, truth_known=True)
    checks = [check for outcome in outcomes for check in outcome.checks]
    assert [check.detail["against"] for check in checks] == ["codec", "codec"]
    assert {check.reason for check in checks} == {"not what the transcript seems to say: x (and 1 more difference)"}


@pytest.mark.parametrize(
    ("others", "adapter"),
    [
        pytest.param([wrong("b", Against.WIRE, "strike")], "ibapi", id="another field"),
        pytest.param([wrong("b", Against.WIRE, "quantity")], "ib_insync", id="a library with the same decoder"),
        pytest.param(
            [
                wrong("b", Against.WIRE, "quantity"),
                replace(cell("c", records=[AAPL]), heard=frozenset({"positions"})),
            ],
            "ibapi",
            id="one reads it as we do",
        ),
        pytest.param([], "", id="alone"),
    ],
)
def test_else_the_library_is_wrong(others: list[CellOutcome], adapter: str) -> None:
    adapters = {"a": "ib_async", **{each.cell: adapter for each in others}}
    first, *_ = agreed([wrong("a", Against.WIRE, "quantity"), *others], adapters)
    assert [check.detail["against"] for check in first.checks] == ["wire"]


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
