"""A client that is too old for fractional sizes is told apart from a request that is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.diagnose.cell_verdict import diagnose_cell
from harness.shared.evidence import CheckNotice, Notice, Request, VersionRange, WireFacts
from harness.shared.status import Fault, Status
from tests.diagnose.cells import READY, red

SAID = "Your API version does not support fractional size rules. Please upgrade to a minimum version 163."
REFUSED = replace(
    READY,
    errors=frozenset({10285}),
    requests=(Request(name="req_market_data", at=0.0, after=None, refused=0.1),),
)


def refused(speaks: int, check: str | None = "fx_quote", wire: WireFacts | None = REFUSED) -> Any:
    notice = CheckNotice(notice=Notice(code=10285, message=SAID, req_id=9), check=check)
    cell = red("fx_quote", Status.FAIL, reason=f"error 10285: {SAID}", notices=(notice,), wire=wire)
    return replace(cell, outcome=replace(cell.outcome, announced=VersionRange(min=100, max=speaks)))


@pytest.mark.parametrize("wire", [REFUSED, None], ids=["transcript", "none"])
@pytest.mark.parametrize("speaks", [157, 162])
def test_a_client_that_speaks_less_than_163_is_too_old(speaks: int, wire: WireFacts | None) -> None:
    told = diagnose_cell(refused(speaks, wire=wire))
    assert (told.code, told.fault) == ("too-old-for-fractions", Fault.LIBRARY)
    assert str(speaks) in told.says


@pytest.mark.parametrize("wire", [REFUSED, None], ids=["transcript", "none"])
@pytest.mark.parametrize("speaks", [163, 178])
def test_no_other_client_is_at_fault_for_it(speaks: int, wire: WireFacts | None) -> None:
    assert diagnose_cell(refused(speaks, wire=wire)).fault is not Fault.LIBRARY


def test_a_refusal_is_no_matter_of_time_however_late_we_were() -> None:
    cell = refused(157)
    late = replace(cell, outcome=replace(cell.outcome, late=60.0))
    assert diagnose_cell(late).code == diagnose_cell(cell).code


def test_what_another_check_was_refused_says_nothing_of_this_one() -> None:
    assert diagnose_cell(refused(157, check="historical_bars")).code != "too-old-for-fractions"
