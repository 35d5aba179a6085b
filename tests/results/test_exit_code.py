"""Exit codes: 0 means as expected, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.results.decide.measured import collect
from harness.results.run_standing import exit_code
from harness.shared.errors import ExitCode
from harness.shared.evidence import CheckRecord, Ended, Notice, RunOutcome
from harness.shared.status import Fault, Status
from harness.views.export.badge import badge
from harness.views.export.issues import issues
from tests.diagnose.seen import LOST, PASSED, RESTORED, passed, stopped

if TYPE_CHECKING:
    from tests.conftest import Maker

FAIL_EXPECTED = "[[expect]]\nstatus = 'fail'\nreason = 'known'\nsince = 2026-01-01\nreview = 2027-01-01\n"


def ended(make: Maker, status: Status, *, expect: str = "", interrupted: bool = False) -> ExitCode:
    plan = make.plan(expect)
    cell = plan.cells[0]
    checks = make.checks(cell, close=CheckRecord(name="close", status=status, reason="so it is"))
    run = RunOutcome(outcomes=(make.outcome(cell, checks=checks),), gateways=(make.gateway(),), interrupted=interrupted)
    return exit_code(make.results(plan, run))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.PASS, ExitCode.AS_EXPECTED),
        (Status.UNSUPPORTED, ExitCode.AS_EXPECTED),
        (Status.SKIPPED, ExitCode.AS_EXPECTED),
        (Status.DEGRADED, ExitCode.INCOMPATIBLE),
        (Status.FAIL, ExitCode.INCOMPATIBLE),
        (Status.TIMEOUT, ExitCode.INCOMPATIBLE),
        (Status.ERROR, ExitCode.HARNESS_FAILED),
        (Status.NOT_RUN, ExitCode.HARNESS_FAILED),
    ],
)
def test_what_a_cell_means_for_the_exit_code(status: Status, code: ExitCode, make: Maker) -> None:
    assert ended(make, status) is code


def test_an_expected_red_is_as_expected(make: Maker) -> None:
    assert ended(make, Status.FAIL, expect=FAIL_EXPECTED) is ExitCode.AS_EXPECTED


def test_an_expected_red_does_not_hide_an_unexpected_one(make: Maker) -> None:
    expect = FAIL_EXPECTED.replace("status", "check = 'positions'\nstatus")
    plan = make.plan(expect)
    cell = plan.cells[0]
    checks = make.checks(
        cell,
        positions=CheckRecord(name="positions", status=Status.FAIL),
        executions=CheckRecord(name="executions", status=Status.FAIL),
    )
    run = RunOutcome(outcomes=(make.outcome(cell, checks=checks),), gateways=(make.gateway(),))

    assert exit_code(make.results(plan, run)) is ExitCode.INCOMPATIBLE


def test_an_expectation_past_its_review_fails_no_run(make: Maker) -> None:
    overdue = FAIL_EXPECTED.replace("2027-01-01", "2026-02-01")

    assert ended(make, Status.FAIL, expect=overdue) is ExitCode.AS_EXPECTED


def test_an_unexpected_pass_is_not(make: Maker) -> None:
    assert ended(make, Status.PASS, expect=FAIL_EXPECTED) is ExitCode.INCOMPATIBLE


def test_a_skipped_cell_among_others_is_as_expected(make: Maker) -> None:
    live = '[[gateway]]\nproduct = "tws"\nversion = "1"\nmode = "live"\nkind = "address"\nport = 7496'

    assert exit_code(make.results(make.plan(live))) is ExitCode.AS_EXPECTED


def test_a_run_that_skipped_everything_answers_nothing(make: Maker) -> None:
    cell = make.plan().cells[0]
    run = RunOutcome(outcomes=(make.outcome(cell, skipped="wedged by another cell"),), gateways=(make.gateway(),))

    assert exit_code(make.results(make.plan(), run)) is ExitCode.HARNESS_FAILED


def test_an_interruption_goes_before_all(make: Maker) -> None:
    assert ended(make, Status.ERROR, interrupted=True) is ExitCode.INTERRUPTED


def test_a_cell_without_a_result_is_the_harness_failing(make: Maker) -> None:
    assert exit_code(make.results(make.plan(), RunOutcome(outcomes=(), gateways=()))) is ExitCode.HARNESS_FAILED


def test_a_gateway_that_was_passed_over_leaves_the_question_open_though_it_answers(make: Maker) -> None:
    plan = make.plan('[[gateway]]\nproduct = "tws"\nversion = "1"\nkind = "address"\nport = 7497')
    well, other = plan.cells
    live = make.gateway(name=other.gateway.name, passed_over="it shows an account that is no paper account")
    run = RunOutcome(
        outcomes=(make.outcome(well), make.outcome(other, skipped="live")), gateways=(make.gateway(), live)
    )
    results = make.results(plan, run)

    assert exit_code(results) is ExitCode.HARNESS_FAILED
    assert badge(results)["isError"] is True


@pytest.mark.parametrize(("notice", "code"), [(LOST, ExitCode.HARNESS_FAILED), (RESTORED, ExitCode.AS_EXPECTED)])
def test_a_gateway_that_has_lost_ibkr_proves_nothing_of_a_library(make: Maker, notice: Notice, code: ExitCode) -> None:
    plan = make.plan()
    gateway = make.gateway(probes=(passed("before", notices=(LOST, notice)),))
    run = RunOutcome(outcomes=(make.outcome(plan.cells[0]),), gateways=(gateway,))
    results = make.results(plan, run)
    (cell,) = results.cells.values()

    assert exit_code(results) is code
    if code is ExitCode.HARNESS_FAILED:
        assert (cell.status, cell.fault) == (Status.ERROR, Fault.NETWORK)
        assert cell.diagnosis is not None
        assert cell.diagnosis.code == "disconnected-from-ibkr"
        assert badge(results)["color"] != "brightgreen"
    told, proof = issues(results), [measured.says for measured in collect([results]).cells.values()]
    assert told["broken"] == []
    assert (len(told["well"]), proof) == ((1, [True]) if code is ExitCode.AS_EXPECTED else (0, [False]))


def test_one_that_is_lost_after_its_cells_takes_nothing_back(make: Maker) -> None:
    plan = make.plan()
    probes = (passed("before"), stopped("version", Ended.SILENT, "after"))
    run = RunOutcome(outcomes=(make.outcome(plan.cells[0]),), gateways=(make.gateway(probes=probes),))

    assert exit_code(make.results(plan, run)) is ExitCode.AS_EXPECTED


def test_one_that_plays_that_it_has_lost_ibkr_is_as_it_should_be(make: Maker) -> None:
    plan = make.plan('scenario = "disconnected"')
    gateway = make.gateway(name=plan.cells[0].gateway.name, probes=(passed("before", notices=(LOST,)),))
    run = RunOutcome(outcomes=(make.outcome(plan.cells[0]),), gateways=(gateway,))

    assert exit_code(make.results(plan, run)) is ExitCode.AS_EXPECTED


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ((True, False), ExitCode.HARNESS_FAILED),
        ((True, True), ExitCode.AS_EXPECTED),
        ((False, False), ExitCode.HARNESS_FAILED),
    ],
)
def test_a_gateway_that_is_lost_in_the_middle_leaves_the_question_open(
    make: Maker, answers: tuple[bool, ...], code: ExitCode
) -> None:
    """The cell of one gateway passes; that of the other is skipped, which is an answer only where the user chose so."""
    plan = make.plan('[[gateway]]\nproduct = "tws"\nversion = "1"\nkind = "address"\nport = 7497')
    well, other = plan.cells
    probes = tuple(PASSED if answered else stopped("version", Ended.SILENT) for answered in answers)
    passed_over = None if all(answers) else "it does not answer"
    lost = make.gateway(name=other.gateway.name, probes=probes, passed_over=passed_over)
    run = RunOutcome(
        outcomes=(make.outcome(well, checks=make.checks(well)), make.outcome(other, skipped="nobody asked")),
        gateways=(make.gateway(), lost),
    )
    assert exit_code(make.results(plan, run)) is code
