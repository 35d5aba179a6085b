"""An answer against the truth: what differs is named, and the check is degraded."""

from __future__ import annotations

from typing import Any

import pytest

from harness.gateways.kinds import ground_truth
from harness.gateways.simulator.truth import load
from harness.results.answers.comparison import compared
from harness.results.answers.same import Asked
from harness.shared.evidence import CheckRecord
from harness.shared.status import Status
from tests.run.fakes import told_truly

TRUTH = ground_truth(load("paper"))
ASKED = Asked(began=0.0, ended=4e9)


def told(name: str, detail: dict[str, Any], status: Status = Status.PASS) -> CheckRecord:
    return compared(CheckRecord(name=name, status=status, detail=detail), TRUTH, ASKED)


@pytest.mark.parametrize("name", TRUTH)
def test_the_truth_passes(name: str) -> None:
    detail = told_truly()[name]
    assert told(name, detail) == CheckRecord(name=name, status=Status.PASS, detail=detail)


def test_what_else_a_check_tells_is_not_compared() -> None:
    assert told("ready", {**told_truly()["ready"], "since_connect": 0.1}).status is Status.PASS


def test_a_check_without_a_truth_is_left_alone() -> None:
    assert told("close", {}).status is Status.PASS


def test_a_check_that_did_not_pass_keeps_its_own_reason() -> None:
    assert told("positions", {}, Status.TIMEOUT).status is Status.TIMEOUT


@pytest.mark.parametrize("name", [name for name, detail in TRUTH.items() if "records" in detail])
def test_each_field_of_each_record_counts(name: str) -> None:
    for index, record in enumerate(told_truly()[name]["records"]):
        for field in record:
            detail = told_truly()[name]
            detail["records"][index][field] = "something else"
            assert told(name, detail).status is Status.DEGRADED, field
            del detail["records"][index][field]
            assert told(name, detail).status is Status.DEGRADED, field


def test_a_wrong_field_is_named_with_its_record_and_both_values() -> None:
    detail = told_truly()["executions"]
    detail["records"][0]["price"] = 18725.0
    check = told("executions", detail)
    said = "exec_id 0000e0d5.674a1b2c.01.01: price: expected 187.25, got 18725.0"
    assert (check.status, check.reason) == (Status.DEGRADED, f"not the truth: {said}")
    part = {"where": "exec_id 0000e0d5.674a1b2c.01.01", "field": "price", "expected": "187.25", "got": "18725.0"}
    assert check.detail == {**detail, "differences": [said], "parts": [part]}


def test_the_first_difference_is_named_and_the_others_are_counted() -> None:
    detail = told_truly()["open_orders"]
    detail["records"][0].update(action="SELL", quantity="1", status="Filled")
    check = told("open_orders", detail)
    assert check.reason == (
        "not the truth: perm_id 1234567890: action: expected 'BUY', got 'SELL' (and 2 more differences)"
    )
    assert len(check.detail["differences"]) == 3


def test_a_missing_field_is_not_an_empty_one() -> None:
    detail = told_truly()["positions"]
    del detail["records"][0]["strike"]
    assert told("positions", detail).reason == (
        "not the truth: account DU9000001, con_id 265598: strike: expected None, got no such field"
    )


def test_a_missing_record_is_named() -> None:
    detail = told_truly()["positions"]
    del detail["records"][1]
    assert told("positions", detail).reason == (
        "not the truth: account DU9000001, con_id 495512563: expected a record, got none"
    )


@pytest.mark.parametrize("again", [True, False])
def test_a_surplus_record_is_named_and_so_is_one_that_came_twice(again: bool) -> None:  # noqa: FBT001
    detail = told_truly()["account_summary"]
    record = dict(detail["records"][0])
    detail["records"].append(record if again else {**record, "tag": "Other"})
    tag = "AccountType" if again else "Other"
    reason = told("account_summary", detail).reason
    assert reason is not None
    assert reason.startswith(f"not the truth: account DU9000001, tag {tag}, currency : expected no such record, got {{")


def test_the_order_of_records_does_not_count() -> None:
    detail = told_truly()["positions"]
    detail["records"].reverse()
    assert told("positions", detail).status is Status.PASS


@pytest.mark.parametrize("records", [None, "none", [1]])
def test_what_are_no_records_is_shown(records: Any) -> None:
    assert told("open_orders", {"records": records}).reason == (
        f"not the truth: records: expected 1 record, got {records!r}"
    )
