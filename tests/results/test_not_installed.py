"""A library that could not be installed for a cause that is not its own: nobody draws a conclusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.results.compare import compare
from harness.results.decide.measured import collect
from harness.results.run_standing import exit_code
from harness.shared.errors import ExitCode
from harness.shared.evidence import CheckRecord, RunOutcome
from harness.shared.status import Fault, Status
from harness.views.export.issues import issues

if TYPE_CHECKING:
    from harness.results.results_model import Results
    from tests.conftest import Maker

DOWN = "error: Request failed after 3 retries\n  cause: dns error\n  cause: error resolving DNS"


@pytest.fixture
def down(make: Maker) -> Results:
    """A run whose only row met an index that did not answer."""
    plan = make.plan()
    install = CheckRecord(name="install", status=Status.ERROR, reason=DOWN)
    outcome = make.outcome(plan.cells[0], checks=(install,), negotiated=None, announced=None, exit_code=None)
    return make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))


def test_the_network_is_at_fault_and_the_run_proves_nothing(down: Results) -> None:
    (cell,) = down.cells.values()
    assert (cell.status, cell.stage, cell.fault) == (Status.ERROR, "install", Fault.NETWORK)
    assert cell.diagnosis is not None
    assert cell.diagnosis.code == "index-not-reached"
    assert exit_code(down) is ExitCode.HARNESS_FAILED
    assert not any(measured.says for measured in collect([down]).cells.values())


def test_it_opens_no_issue_and_closes_none(down: Results) -> None:
    told = issues(down)
    assert (told["broken"], told["well"]) == ([], [])


def test_it_is_no_regression(make: Maker, down: Results) -> None:
    assert compare(make.results(), down).regressions == ()
    assert compare(down, make.results()).improvements == ()
    assert len(compare(make.results(), down, gone_is_worse=True).regressions) == 1
