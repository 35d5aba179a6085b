"""Which of the requests on the wire a check sent."""

from __future__ import annotations

from typing import Any

import pytest

from harness.diagnose import requests_sent
from harness.diagnose.requests_sent import sent_by, unanswered
from harness.shared.evidence import CellOutcome, CheckRecord, Request, WireFacts
from harness.shared.status import Status

AT = 1_795_255_200.0
"""When the check began, in Unix seconds."""


def asked_at(after_begin: float, *, after: float | None = None, refused: float | None = None) -> Request:
    return Request(name="req_contract_data", at=AT + after_begin, after=after, refused=refused)


def answered(check: str, *requests: Request, seconds: float = 1.0, **outcome: Any) -> str | None:
    record = CheckRecord(name=check, status=Status.TIMEOUT, seconds=seconds, began=None if outcome else AT)
    wire = WireFacts(requests=requests)
    return sent_by(record, CellOutcome(cell="a/py3.11/b", checks=(record,), wire=wire, **outcome), wire).answered(5.0)


def test_the_requests_of_other_checks_do_not_count() -> None:
    """As those of ``unknown_symbol``, which are refused as they should be."""
    own, of_another = asked_at(0.1, after=0.2), asked_at(3.0, refused=0.1)

    assert answered("contract_details", own, of_another) == "in-time"
    assert answered("contract_details", of_another, own) == "in-time"
    assert answered("contract_details", own, asked_at(-3.0)) == "in-time"
    assert answered("contract_details", own, asked_at(0.5)) == "never"
    assert answered("contract_details", own, asked_at(0.5, refused=0.1)) == "refused"


def test_where_the_times_tell_nothing_all_of_that_name_count() -> None:
    assert answered("contract_details", asked_at(-9.0, after=0.2), asked_at(-8.0, refused=0.1)) == "refused"
    assert answered("contract_details") is None


def test_a_check_that_hung_has_no_end() -> None:
    early, late = asked_at(-1.0, refused=0.1), asked_at(600.0)
    hung = {"began": "contract_details", "began_at": AT}

    assert answered("contract_details", early, late, seconds=0.0, **hung) == "never"
    assert answered("contract_details", early, seconds=0.0, **hung) == "refused"


def test_a_clock_that_moves_in_steps_takes_no_request_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests_sent, "GRAIN", 0.016)

    assert answered("contract_details", asked_at(-0.015), asked_at(0.1, after=0.2)) == "never"
    assert answered("contract_details", asked_at(-0.017), asked_at(0.1, after=0.2)) == "in-time"


def open_after(*requests: Request) -> list[str]:
    record = CheckRecord(name="ready", status=Status.DEGRADED, seconds=4.0, began=AT)
    wire = WireFacts(requests=requests)
    return unanswered(record, CellOutcome(cell="a/py3.11/b", checks=(record,), wire=wire), wire, 3.5)


def test_what_a_library_waits_for_at_its_start_is_what_was_asked_then_and_not_answered_by_then() -> None:
    in_time, of_a_later_check = asked_at(0.1, after=3.0), asked_at(5.0)

    assert open_after(in_time, of_a_later_check) == []
    assert open_after(in_time, asked_at(0.2), of_a_later_check) == ["req_contract_data"]
    assert open_after(in_time, asked_at(0.2, after=6.0)) == ["req_contract_data"]


def test_an_answer_that_comes_after_the_timeout_is_too_late_though_the_library_waits_for_another_one() -> None:
    assert open_after(asked_at(0.1, after=3.6)) == ["req_contract_data"]
    assert open_after(asked_at(0.1, after=3.4)) == []
