"""What a cell ends as that was never asked, whose fault it is, and that nothing but a whole healthy cell is a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.results.judge import judge
from harness.shared.evidence import CellOutcome, ProbeRecord
from harness.shared.status import Fault, Status

if TYPE_CHECKING:
    from tests.conftest import Maker
from tests.results.test_judge import record, summary


def test_a_planned_cell_without_an_outcome_was_not_run(make: Maker) -> None:
    judgement = judge(make.plan().cells[0], None, make.gateway())

    assert summary(judgement) == (Status.NOT_RUN, None, Fault.HARNESS)


def test_a_gateway_that_did_not_start_is_our_error(make: Maker) -> None:
    judgement = judge(make.plan().cells[0], None, make.gateway(error="port 4002 is in use"))

    assert summary(judgement) == (Status.ERROR, None, Fault.HARNESS)
    assert "port 4002 is in use" in str(judgement.reason)


def test_a_cell_skipped_in_the_plan_says_why(make: Maker) -> None:
    live = '[[gateway]]\nproduct = "tws"\nversion = "1"\nmode = "live"\nkind = "address"\nport = 7496'
    cell = make.plan(live).cells[1]

    assert judge(cell, None, None).status is Status.SKIPPED
    assert "--allow-live" in str(judge(cell, None, None).reason)


def test_a_cell_skipped_while_running_says_why(make: Maker) -> None:
    cell = make.plan().cells[0]

    judgement = judge(cell, CellOutcome(cell=cell.id, skipped="wedged by another cell"), make.gateway())

    assert summary(judgement) == (Status.SKIPPED, None, None)
    assert judgement.reason == "wedged by another cell"


PASSED = ProbeRecord(when="before", passed=True)
FAILED = ProbeRecord(when="after", passed=False)


@pytest.mark.parametrize(
    ("check", "status", "probes", "fault"),
    [
        ("install", Status.FAIL, (PASSED,), Fault.PACKAGING),
        ("import", Status.FAIL, (PASSED,), Fault.PACKAGING),
        ("ready", Status.TIMEOUT, (PASSED,), Fault.UNKNOWN),
        ("ready", Status.TIMEOUT, (PASSED, FAILED), Fault.GATEWAY),
        ("ready", Status.TIMEOUT, (FAILED,), Fault.GATEWAY),
        ("ready", Status.TIMEOUT, (), Fault.UNKNOWN),
        ("positions", Status.UNSUPPORTED, (PASSED,), None),
        ("positions", Status.DEGRADED, (PASSED,), Fault.UNKNOWN),
        ("close", Status.FAIL, (PASSED,), Fault.LIBRARY),
    ],
)
def test_a_library_is_blamed_only_where_the_control_passed(
    check: str, status: Status, probes: tuple[ProbeRecord, ...], fault: Fault | None, make: Maker
) -> None:
    cell = make.plan().cells[0]
    outcome = make.outcome(
        cell, checks=make.checks(cell, **{check: record(check, status, "there is no version of it")})
    )

    assert judge(cell, outcome, make.gateway(probes=probes)).fault is fault


_records = st.dictionaries(
    st.sampled_from(
        ["install", "import", "tcp", "version", "ready", "current_time", "account_summary", "positions", "close"]
    ),
    st.sampled_from(Status),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    statuses=_records,
    negotiated=st.sampled_from([None, 176, 178]),
    killed=st.booleans(),
    exit_code=st.sampled_from([None, 0, 1, -9]),
    worker_error=st.sampled_from([None, "broke"]),
)
def test_nothing_but_a_whole_healthy_cell_is_a_pass(
    make: Maker,
    statuses: dict[str, Status],
    negotiated: int | None,
    *,
    killed: bool,
    exit_code: int | None,
    worker_error: str | None,
) -> None:
    cell = make.plan().cells[0]
    changed = {name: record(name, status, "why", accounts=["DU1"]) for name, status in statuses.items()}
    whole = {"killed": killed, "exit_code": exit_code, "worker_error": worker_error, "negotiated": negotiated}

    judgement = judge(cell, make.outcome(cell, checks=tuple(changed.values()), **whole), make.gateway())

    assert judgement.status is not Status.PASS, "executions and open_orders are missing"
    assert judgement.stage is not None
    assert judgement.reason
