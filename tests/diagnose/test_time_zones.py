"""Where the row's Python has no data of time zones, that is the cause, and no library is at fault."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.diagnose.cell_verdict import diagnose_cell
from harness.diagnose.verdict import Sureness
from harness.shared.evidence import Request, Resolved, WireFacts
from harness.shared.status import Fault, Status
from tests.diagnose.cells import red

if TYPE_CHECKING:
    from harness.diagnose.red_cell import Red

READY = WireFacts(hello=True, reply=True, reply_pieces=1, started=True, accounts=True, next_valid_id=True)
SAID = "ib_async.Decoder: Error handling fields: … ZoneInfoNotFoundError: 'No time zone found with key US/Eastern'"


def asking(after: float | None) -> WireFacts:
    return replace(READY, requests=(Request(name="req_historical_data", at=0.0, after=after),))


def with_data(cell: Red, zone_data: str) -> Red:
    resolved = Resolved(
        distribution="ib_async",
        version="2.1.0",
        module_version=None,
        python="3.11.7",
        zone_data=zone_data,
        requirements={},
    )
    return replace(cell, outcome=replace(cell.outcome, resolved=resolved))


@pytest.mark.parametrize("wire", [None, READY, asking(0.2)], ids=["none", "ready", "whole"])
@pytest.mark.parametrize(
    ("stage", "status"),
    [("ready", Status.DEGRADED), ("executions", Status.DEGRADED), ("historical_bars", Status.TIMEOUT)],
)
def test_a_zone_that_the_library_did_not_find_is_missing_here(
    stage: str, status: Status, wire: WireFacts | None
) -> None:
    cell = red(stage, status, reason=SAID, wire=wire)
    told = diagnose_cell(with_data(cell, "none"))
    assert (told.code, told.fault) == ("no-time-zone-data", Fault.PACKAGING)
    assert diagnose_cell(with_data(cell, "tzdata")).code != told.code
    assert "pip install tzdata" in told.next[0]
    assert "ib_async 2.1.0 brings it" in told.next[0]


@pytest.mark.parametrize("stage", ["ready", "executions", "historical_bars"])
def test_where_an_end_did_not_come_either_nobody_knows_which_of_the_two_it_was(stage: str) -> None:
    told = diagnose_cell(with_data(red(stage, Status.TIMEOUT, reason=SAID, wire=asking(None)), "none"))
    assert (told.fault, told.sure) == (Fault.UNKNOWN, Sureness.POSSIBLE)


def test_where_nobody_saw_the_end_a_zone_that_is_missing_is_not_certain() -> None:
    whole, unseen = (red("executions", Status.TIMEOUT, reason=SAID, wire=wire) for wire in (asking(0.2), None))
    assert diagnose_cell(with_data(whole, "none")).sure is Sureness.CERTAIN
    assert diagnose_cell(with_data(unseen, "none")).sure is Sureness.POSSIBLE


@pytest.mark.parametrize(
    ("wire", "fault"),
    [(None, Fault.UNKNOWN), (asking(0.2), Fault.UNKNOWN), (asking(None), Fault.GATEWAY)],
    ids=["no transcript", "answered", "not answered"],
)
def test_a_check_of_times_that_was_waited_for_may_hang_on_it(wire: WireFacts | None, fault: Fault) -> None:
    assert diagnose_cell(with_data(red("historical_bars", wire=wire), "none")).fault is fault


def test_a_check_of_no_times_does_not_hang_on_it() -> None:
    codes = {diagnose_cell(with_data(red("positions", wire=READY), data)).code for data in ("none", "tzdata")}
    assert len(codes) == 1
