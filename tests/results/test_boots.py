"""A gateway that ib-compat brings up, in the results: how it came up, and whose fault it is where it did not."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from harness.diagnose.gateway_met import diagnose_met
from harness.known.images import BootFailure
from harness.results.judge import judge
from harness.results.results_json import json_text
from harness.shared.evidence import BootRecord, CellOutcome, ProbeRecord, RunOutcome
from harness.shared.status import Fault, Status

if TYPE_CHECKING:
    from tests.conftest import Maker

CONTAINER = '[[gateway]]\nkind = "docker"\nproduct = "gateway"\nversion = "10.45.1j"'
FAILED = BootRecord(
    image="ghcr.io/gnzsnz/ib-gateway:10.45.1j",
    digest="sha256:0",
    build="10.45.1j",
    ibc="3.24.1",
    seconds={"image": 0.5, "container": 1.0},
    failure="wrong-password",
    line="IBC: Login failed for DU9000001",
)


def test_a_gateway_that_did_not_come_up_has_a_verdict_without_any_control(make: Maker) -> None:
    spec = make.plan(CONTAINER).gateways[1]
    verdict = diagnose_met(spec, make.gateway(name=spec.name, error="no", boot=FAILED))
    assert verdict is not None
    assert (verdict.code, verdict.fault) == ("wrong-password", Fault.ACCOUNT)
    assert '"IBC: Login failed for DU9000001"' in verdict.says
    assert "TWS_PASSWORD" in " ".join(verdict.next)


@pytest.mark.parametrize("code", BootFailure)
def test_every_code_is_the_verdict_s(code: BootFailure, make: Maker) -> None:
    spec = make.plan(CONTAINER).gateways[1]
    boot = BootRecord(image="x", failure=code.value)
    verdict = diagnose_met(spec, make.gateway(name=spec.name, error="no", boot=boot))
    assert verdict is not None
    assert verdict.code == code


def test_one_that_came_up_is_judged_by_its_probes(make: Maker) -> None:
    spec = make.plan(CONTAINER).gateways[1]
    up = BootRecord(image="x", seconds={"hello": 9.0})
    assert diagnose_met(spec, make.gateway(name=spec.name, boot=up, probes=())) is None
    silent = ProbeRecord(when="before", passed=False, stage="version")
    met = diagnose_met(spec, make.gateway(name=spec.name, boot=up, probes=(silent,)))
    assert met is not None
    assert met.code not in set(BootFailure)


def test_its_cells_are_errors_and_the_fault_is_the_verdict_s(make: Maker) -> None:
    plan = make.plan(CONTAINER)
    cell = next(cell for cell in plan.cells if cell.gateway.kind == "docker")
    judgement = judge(cell, None, make.gateway(name=cell.gateway.name, error="no", boot=FAILED))
    assert (judgement.status, judgement.fault) == (Status.ERROR, Fault.ACCOUNT)
    assert judgement.reason == "the gateway could not be started: no"


def test_a_cell_that_a_row_gave_up_because_of_it_names_the_gateway_s_verdict(make: Maker) -> None:
    plan = make.plan(CONTAINER)
    cell = next(cell for cell in plan.cells if cell.gateway.kind == "docker")
    outcome = CellOutcome(cell=cell.id, worker_error="gateway: no")
    met = make.gateway(name=cell.gateway.name, error="no", boot=FAILED, probes=())
    judgement = judge(cell, outcome, met)
    assert (judgement.status, judgement.fault) == (Status.ERROR, Fault.ACCOUNT)
    assert judgement.diagnosis is not None
    assert judgement.diagnosis.code == "gateway-not-started"
    assert "[wrong-password]" in judgement.diagnosis.says


def test_the_results_tell_how_it_came_up_and_mask_accounts(make: Maker) -> None:
    plan = make.plan(CONTAINER)
    name = plan.gateways[1].name
    met = make.gateway(name=name, error="no", boot=FAILED, artifacts=(f"gateways/{name}/container.log",))
    told = make.results(plan, RunOutcome(outcomes=(), gateways=(met,))).gateways[name]
    assert told.boot is not None
    assert asdict(told.boot) == {
        "image": "ghcr.io/gnzsnz/ib-gateway:10.45.1j",
        "digest": "sha256:0",
        "build": "10.45.1j",
        "ibc": "3.24.1",
        "reused": False,
        "seconds": {"image": 0.5, "container": 1.0},
        "failure": "wrong-password",
        "line": "IBC: Login failed for DU9***01",
        "exit_code": None,
    }
    assert told.diagnosis is not None
    assert told.diagnosis.code == "wrong-password"
    assert "DU9000001" not in json_text(told)
    assert told.artifacts == [f"gateways/{name}/container.log"]
