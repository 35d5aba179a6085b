"""A run against a recording: what is in it passes, what is not is skipped, and nothing is red."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.checks.all import NAMES
from harness.plan.build_plan import build_plan
from harness.plan.matrix.environments import RowEnvironment
from harness.plan.matrix.load import load_matrix
from harness.results.judge import judge
from harness.shared.status import Status
from tests.run.fakes import run_plan
from tests.run.real import ROWS, folder_of, matrix

RECORDING = Path(__file__).parents[2] / "recordings" / "gateway-10.45.ibrec"

REPLAYED = f"""
[[gateway]]
product = "gateway"
version = "10.45"
kind = "replay"
recording = "{RECORDING.as_posix()}"
"""

FINE = {Status.PASS, Status.SKIPPED, Status.UNSUPPORTED}


@pytest.mark.slow
def test_every_library_passes_what_is_recorded_and_is_asked_nothing_else(
    tmp_path: Path, environments: dict[str, RowEnvironment]
) -> None:
    plan = build_plan(load_matrix(matrix(tmp_path, REPLAYED, f"orders = true\nchecks = {json.dumps(NAMES)}")))
    seen = run_plan(plan, folder_of(environments), tmp_path)
    (gateway,) = seen.outcome.gateways
    assert gateway.server_version_evidence.startswith("recorded on 2026-11-27 of a simulated gateway, 10.45")
    assert gateway.server_version == 223
    assert len(plan.cells) == len(ROWS)
    for planned in plan.cells:
        cell = seen.cells[planned.id]
        told = {check.name: (check.status, check.reason) for check in cell.checks}
        assert {name: each for name, each in told.items() if each[0] not in FINE} == {}
        assert told["positions"] == (Status.PASS, None)
        assert told["head_timestamp"] == (Status.SKIPPED, "not in this recording: req_head_timestamp")
        assert judge(planned, cell, gateway).status is Status.PASS
