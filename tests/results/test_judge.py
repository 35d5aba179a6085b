"""What a cell ended as: a pass proves contact, and what is missing is never a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.plan.matrix.expect import CONTACT, Verdict
from harness.results.judge import Judgement, judge
from harness.shared.evidence import CellOutcome, CheckRecord, VersionRange
from harness.shared.status import Fault, Status

if TYPE_CHECKING:
    from tests.conftest import Maker


def record(name: str, status: Status, reason: str | None = None, **detail: Any) -> CheckRecord:
    return CheckRecord(name=name, status=status, reason=reason, detail=detail)


def judged(make: Maker, **changes: Any) -> Judgement:
    """The judgement of a healthy cell with something changed."""
    cell = make.plan().cells[0]
    return judge(cell, make.outcome(cell, **changes), make.gateway())


def with_checks(make: Maker, *, began: str | None = None, **changed: CheckRecord | None) -> dict[str, Any]:
    return {"checks": make.checks(make.plan().cells[0], **changed), "began": began}


def summary(judgement: Judgement) -> tuple[Status, str | None, Fault | None]:
    return judgement.status, judgement.stage, judgement.fault


def test_a_cell_whose_every_check_passed_is_a_pass(make: Maker) -> None:
    judgement = judged(make)

    assert summary(judgement) == (Status.PASS, None, None)
    assert judgement.predicted == 178
    assert [check.name for check in judgement.checks][:3] == ["install", "import", "tcp"]


WELL = (Status.PASS, Status.SKIPPED, Status.UNSUPPORTED)


@pytest.mark.parametrize("status", [status for status in Status if status not in WELL])
def test_the_first_check_that_did_not_pass_decides(status: Status, make: Maker) -> None:
    judgement = judged(
        make,
        **with_checks(
            make,
            executions=record("executions", status, "first"),
            positions=record("positions", Status.FAIL, "second"),
        ),
    )

    assert (judgement.status, judgement.stage, judgement.reason) == (status, "executions", "first")


@pytest.mark.parametrize("exit_code", [0, 1])
@pytest.mark.parametrize("status", [Status.SKIPPED, Status.UNSUPPORTED])
def test_what_cannot_be_asked_does_not_keep_a_cell_from_passing(status: Status, exit_code: int, make: Maker) -> None:
    changed = with_checks(make, positions=record("positions", status, "needs server version 197, negotiated 178"))

    judgement = judged(make, exit_code=exit_code, **changed)

    assert summary(judgement) == (Status.PASS, None, None)
    assert judgement.verdict is Verdict.AS_EXPECTED


@pytest.mark.parametrize("name", sorted(CONTACT))
@pytest.mark.parametrize("status", [Status.SKIPPED, Status.UNSUPPORTED])
def test_without_contact_no_cell_is_a_pass(status: Status, name: str, make: Maker) -> None:
    cell = make.plan().cells[0]
    checks = make.checks(cell, **{name: record(name, status, "too old")})

    judgement = judge(cell, make.outcome(cell, checks=checks), make.gateway())

    assert (judgement.status, judgement.stage, judgement.verdict) == (status, name, Verdict.AS_EXPECTED)


EXPECT = (
    "[[expect]]\ncheck = {check!r}\nstatus = {status!r}\nreason = 'known'\nsince = 2026-01-01\nreview = 2026-07-01\n"
)
KNOWN = EXPECT.format(check="positions", status="degraded")


def judged_with(make: Maker, expect: str, *, exit_code: int = 1, **changed: CheckRecord | None) -> Judgement:
    """The judgement of a cell of which something is expected."""
    cell = make.plan(expect).cells[0]
    outcome = make.outcome(cell, checks=make.checks(cell, **changed), exit_code=exit_code)
    return judge(cell, outcome, make.gateway())


def test_nothing_unexpected_hides_behind_something_expected(make: Maker) -> None:
    positions = record("positions", Status.DEGRADED, "a wrong time")

    alone = judged_with(make, KNOWN, positions=positions)
    both = judged_with(make, KNOWN, positions=positions, executions=record("executions", Status.TIMEOUT, "silence"))

    assert (alone.status, alone.stage, alone.verdict) == (Status.DEGRADED, "positions", Verdict.AS_EXPECTED)
    assert (both.status, both.stage, both.reason) == (Status.TIMEOUT, "executions", "silence")
    assert (both.verdict, both.rules) == (Verdict.UNEXPECTED_FAIL, (1,))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"exit_code": 3}, Status.ERROR),
        ({"exit_code": -11}, Status.ERROR),
        ({"killed": True, "exit_code": -9}, Status.TIMEOUT),
        ({"worker_error": "said something odd"}, Status.ERROR),
    ],
)
def test_a_bad_end_does_not_hide_behind_something_expected(
    changes: dict[str, Any], status: Status, make: Maker
) -> None:
    cell = make.plan(KNOWN).cells[0]
    checks = make.checks(cell, positions=record("positions", Status.DEGRADED))

    judgement = judge(cell, make.outcome(cell, checks=checks, **changes), make.gateway())

    assert (judgement.status, judgement.stage, judgement.verdict) == (status, "close", Verdict.UNEXPECTED_FAIL)


def test_a_bad_end_is_told_where_the_cell_stopped_early_too(make: Maker) -> None:
    cell = make.plan(EXPECT.format(check="tcp", status="fail")).cells[0]
    checks = (record("install", Status.PASS), record("import", Status.PASS), record("tcp", Status.FAIL, "refused"))

    judgement = judge(cell, make.outcome(cell, checks=checks, killed=True, negotiated=None), make.gateway())

    assert (judgement.status, judgement.stage, judgement.verdict) == (Status.TIMEOUT, "close", Verdict.UNEXPECTED_FAIL)
    assert [check.name for check in judgement.checks] == ["install", "import", "tcp", "close"]


def test_a_missing_result_does_not_hide_behind_a_request_that_failed(make: Maker) -> None:
    judgement = judged_with(make, KNOWN, positions=record("positions", Status.DEGRADED), executions=None)

    assert (judgement.status, judgement.stage) == (Status.ERROR, "executions")


def test_a_check_that_passes_though_a_rule_says_otherwise_leaves_the_cell_a_pass(make: Maker) -> None:
    judgement = judged_with(make, KNOWN, exit_code=0)

    assert (judgement.status, judgement.stage, judgement.verdict) == (Status.PASS, None, Verdict.UNEXPECTED_PASS)
    assert [
        check.name for check, each in zip(judgement.checks, judgement.compared, strict=True) if each.expectation
    ] == ["positions"]


def test_a_rule_may_ask_for_a_pass_where_nobody_would(make: Maker) -> None:
    pass_wanted = EXPECT.format(check="positions", status="pass")

    judgement = judged_with(make, pass_wanted, positions=record("positions", Status.UNSUPPORTED, "too old"))

    assert (judgement.status, judgement.stage, judgement.fault) == (Status.UNSUPPORTED, "positions", None)
    assert judgement.verdict is Verdict.UNEXPECTED_FAIL


def test_the_order_is_the_plans_and_not_that_of_arrival(make: Maker) -> None:
    cell = make.plan().cells[0]
    checks = make.checks(cell, tcp=record("tcp", Status.FAIL, "refused"), ready=record("ready", Status.TIMEOUT))

    judgement = judge(cell, make.outcome(cell, checks=tuple(reversed(checks))), make.gateway())

    assert (judgement.stage, judgement.reason) == ("tcp", "refused")


@pytest.mark.parametrize(
    "name",
    ["install", "import", "tcp", "version", "ready", "current_time", "positions", "executions", "close"],
)
def test_a_planned_check_without_a_result_is_never_a_pass(name: str, make: Maker) -> None:
    judgement = judged(make, **with_checks(make, **{name: None}))

    assert summary(judgement) == (Status.ERROR, name, Fault.HARNESS)
    assert judgement.reason == "the cell left no result for it; its process ended with exit code 0"


def test_a_check_that_had_begun_when_the_process_ended_in_order_is_our_error(make: Maker) -> None:
    judgement = judged(make, exit_code=0, **with_checks(make, began="positions", positions=None))

    assert summary(judgement) == (Status.ERROR, "positions", Fault.HARNESS)


def test_a_cell_without_a_process_says_nothing_of_how_it_ended(make: Maker) -> None:
    judgement = judged(make, exit_code=None, **with_checks(make, positions=None))

    assert judgement.reason == "the cell left no result for it"


def test_a_version_that_did_not_come_keeps_its_own_reason(make: Maker) -> None:
    failed = record("version", Status.TIMEOUT, "nothing came in 4 s")

    judgement = judged(make, negotiated=None, **with_checks(make, version=failed))

    assert (judgement.status, judgement.reason) == (Status.TIMEOUT, "nothing came in 4 s")


def test_a_gateway_that_is_not_ready_keeps_its_own_reason(make: Maker) -> None:
    judgement = judged(make, **with_checks(make, ready=record("ready", Status.TIMEOUT, "no next order id")))

    assert (judgement.status, judgement.reason) == (Status.TIMEOUT, "no next order id")


def test_checks_after_one_that_stopped_the_cell_are_not_missed(make: Maker) -> None:
    cell = make.plan().cells[0]
    checks = (record("install", Status.PASS), record("import", Status.FAIL, "No module named 'google'"))

    judgement = judge(cell, make.outcome(cell, checks=checks, exit_code=None, negotiated=None), make.gateway())

    assert summary(judgement) == (Status.FAIL, "import", Fault.PACKAGING)
    assert judgement.checks == checks


def test_a_killed_cell_is_a_timeout_at_the_check_that_had_begun(make: Maker) -> None:
    names = make.plan().cells[0].checks
    unasked: dict[str, None] = dict.fromkeys(names[names.index("open_orders") :])

    judgement = judged(make, killed=True, exit_code=-9, **with_checks(make, began="open_orders", **unasked))

    assert summary(judgement) == (Status.TIMEOUT, "open_orders", Fault.UNKNOWN)
    assert judgement.reason == f"killed at its deadline of {make.plan().cells[0].deadline:g} s"
    assert judgement.checks[-1].name == "open_orders"


def test_a_cell_killed_before_it_began_a_check_timed_out_at_the_first(make: Maker) -> None:
    cell = make.plan().cells[0]
    checks = (record("install", Status.PASS), record("import", Status.PASS))

    judgement = judge(cell, make.outcome(cell, checks=checks, killed=True, negotiated=None), make.gateway())

    assert (judgement.status, judgement.stage) == (Status.TIMEOUT, "tcp")


def test_a_killed_cell_that_had_failed_before_keeps_its_failure(make: Maker) -> None:
    judgement = judged(
        make,
        killed=True,
        **with_checks(make, began="close", positions=record("positions", Status.FAIL, "empty"), close=None),
    )

    assert (judgement.status, judgement.stage) == (Status.FAIL, "positions")
    assert (judgement.checks[-1].name, judgement.checks[-1].status) == ("close", Status.TIMEOUT)


def test_a_cell_killed_although_every_check_passed_is_a_timeout(make: Maker) -> None:
    judgement = judged(make, killed=True)

    assert (judgement.status, judgement.stage) == (Status.TIMEOUT, "close")
    assert judgement.reason is not None
    assert judgement.reason.startswith("after its last check the process still ran")


@pytest.mark.parametrize(
    ("client", "gateway", "negotiated", "status"),
    [
        (178, 223, 178, Status.PASS),
        (226, 187, 187, Status.PASS),
        (178, 223, 176, Status.FAIL),
        (226, 187, 226, Status.FAIL),
    ],
)
def test_the_negotiated_version_must_be_the_predicted_one(
    client: int, gateway: int, negotiated: int, status: Status, make: Maker
) -> None:
    cell = make.plan().cells[0]
    outcome = make.outcome(cell, announced=VersionRange(min=100, max=client), negotiated=negotiated)

    judgement = judge(cell, outcome, make.gateway(server_version=gateway))

    assert judgement.status is status
    assert judgement.predicted == min(client, gateway)
    if status is Status.FAIL:
        assert judgement.stage == "version"
        assert judgement.reason == f"negotiated {negotiated}, predicted {min(client, gateway)}"


def test_a_version_check_without_a_version_is_no_pass(make: Maker) -> None:
    judgement = judged(make, negotiated=None)

    assert (judgement.status, judgement.stage) == (Status.FAIL, "version")
    assert judgement.reason == "no negotiated version was recorded"


@pytest.mark.parametrize("unknown", ["client", "gateway", "both"])
def test_a_version_that_nothing_predicts_is_no_pass(unknown: str, make: Maker) -> None:
    cell = make.plan().cells[0]
    outcome = make.outcome(cell) if unknown == "gateway" else make.outcome(cell, announced=None)
    gateway = make.gateway() if unknown == "client" else make.gateway(server_version=None)

    judgement = judge(cell, outcome, gateway)

    assert summary(judgement) == (Status.ERROR, "version", Fault.HARNESS)


@pytest.mark.parametrize("accounts", [[], [""], [" "], None, "DU1", [7]])
def test_ready_without_an_account_is_a_failure(accounts: object, make: Maker) -> None:
    judgement = judged(make, **with_checks(make, ready=record("ready", Status.PASS, accounts=accounts)))

    assert (judgement.status, judgement.stage) == (Status.FAIL, "ready")
    assert judgement.reason == "no account was read from the gateway"


def test_a_worker_that_died_without_evidence_is_our_error(make: Maker) -> None:
    cell = make.plan().cells[0]

    judgement = judge(cell, CellOutcome(cell=cell.id, worker_error="the worker ended: Killed"), make.gateway())

    assert summary(judgement) == (Status.ERROR, "install", Fault.HARNESS)
    assert judgement.reason == "the worker ended: Killed"


def test_a_worker_that_broke_after_every_check_is_our_error(make: Maker) -> None:
    judgement = judged(make, worker_error="said something odd")

    assert (judgement.status, judgement.stage, judgement.reason) == (Status.ERROR, "close", "said something odd")


@pytest.mark.parametrize("exit_code", [1, 2, 3, -11])
def test_an_exit_code_that_contradicts_the_checks_is_our_error(exit_code: int, make: Maker) -> None:
    judgement = judged(make, exit_code=exit_code)

    assert summary(judgement) == (Status.ERROR, "close", Fault.HARNESS)


def test_a_process_that_died_in_a_check_failed_it(make: Maker) -> None:
    judgement = judged(make, exit_code=-11, **with_checks(make, began="positions", positions=None))

    assert (judgement.status, judgement.stage) == (Status.FAIL, "positions")
    assert judgement.reason == "the process died of signal 11"


def test_checks_that_nobody_planned_count_too(make: Maker) -> None:
    extra = record("option_chain", Status.DEGRADED, "12 strikes missing")

    judgement = judged(make, **with_checks(make, option_chain=extra))

    assert (judgement.status, judgement.stage) == (Status.DEGRADED, "option_chain")
