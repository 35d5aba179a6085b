"""Runs of real libraries in their own environments."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import pytest

from harness.gateways.simulator.server import SimulatedGateway
from harness.plan.build_plan import build_plan
from harness.plan.matrix.environments import RowEnvironment
from harness.plan.matrix.load import load_matrix
from harness.shared.status import Status
from tests.diagnose.control.listeners import listening_in_a_thread
from tests.run.fakes import SIMULATED, Seen, run_plan
from tests.run.real import MARK, ROWS, answers_the_control_only, folder_of, left_of, matrix, told

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

TWO = """
[[gateway]]
product = "gateway"
version = "10.19"
kind = "simulator"

[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"
"""

SILENT = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "address"
port = {port}
concurrency = 24
"""


class Rows:
    """Runs the three libraries against gateways."""

    def __init__(self, folder: Path, environments: Path, mark: str) -> None:
        self.folder = folder
        self.environments = environments
        self.mark = mark

    def run(self, gateways: str, defaults: str = "") -> Seen:
        plan = build_plan(load_matrix(matrix(self.folder, gateways, defaults)))
        return run_plan(plan, self.environments, self.folder)


@pytest.fixture
def rows(tmp_path: Path, environments: dict[str, RowEnvironment], monkeypatch: pytest.MonkeyPatch) -> Rows:
    mark = secrets.token_hex(8)
    monkeypatch.setenv(MARK, mark)
    return Rows(tmp_path, folder_of(environments), mark)


@pytest.mark.slow
def test_every_library_passes_and_a_shared_import_tells_the_same_as_fresh_ones(rows: Rows) -> None:
    shared = rows.run(TWO, 'isolation = "auto"')
    fresh = rows.run(TWO, 'isolation = "fresh"')
    assert len(shared.cells) == len(ROWS) * 2
    for cell in shared.cells.values():
        assert {check.status for check in cell.checks} == {Status.PASS}, cell
        assert cell.negotiated == min(cell.announced.max, 223 if "10.45" in cell.cell else 176)  # type: ignore[union-attr]
        assert cell.resolved is not None
        assert cell.resolved.distribution in cell.cell
        assert {2104, 2106, 2158} <= {each.notice.code for each in cell.notices}
    assert {name: told(cell) for name, cell in shared.cells.items()} == {
        name: told(cell) for name, cell in fresh.cells.items()
    }
    assert left_of(rows.mark) == []


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["auto", "fresh"])
def test_a_silent_gateway_is_a_timeout_with_evidence_for_every_library(rows: Rows, isolation: str) -> None:
    seen = rows.run(f'{SIMULATED}scenario = "silent"\n', f'connect_timeout = 0.3\nisolation = "{isolation}"')
    for cell in seen.cells.values():
        statuses = [(check.name, check.status) for check in cell.checks]
        assert statuses == [
            *((name, Status.PASS) for name in ("install", "import", "tcp")),
            ("version", Status.TIMEOUT),
        ]
        assert (cell.exit_code, cell.killed, cell.negotiated) == (1, False, None)
        assert f"cells/{cell.cell}/evidence.jsonl" in cell.artifacts
    assert seen.recorder.notes == [
        "gateway-10.45-paper-silent: the reference client fails at version: no answer within 0.3 s"
    ]
    assert seen.outcome.gateways[0].server_version is None


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("isolation", ["auto", "fresh"])
def test_cells_that_outlast_their_deadline_are_killed_and_no_process_is_left(rows: Rows, isolation: str) -> None:
    with listening_in_a_thread(answers_the_control_only) as port:
        seen = rows.run(SILENT.format(port=port), f'connect_timeout = 30\ncell_deadline = 1\nisolation = "{isolation}"')
    for cell in seen.cells.values():
        assert (cell.killed, cell.began, cell.worker_error) == (True, "version", None)
        assert [check.name for check in cell.checks] == ["install", "import", "tcp"]
        assert cell.exit_code == -9
    assert left_of(rows.mark) == []


@pytest.mark.slow
def test_a_gateways_concurrency_is_never_exceeded_as_the_gateway_sees_it(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[int] = []
    claim = SimulatedGateway.claim

    def counting(gateway: SimulatedGateway, client_id: int) -> bool:
        claimed = claim(gateway, client_id)
        connected.append(len(gateway.clients))
        return claimed

    monkeypatch.setattr(SimulatedGateway, "claim", counting)
    one = TWO.replace('kind = "simulator"', 'kind = "simulator"\nconcurrency = 1')
    seen = rows.run(one)
    assert {cell.exit_code for cell in seen.cells.values()} == {0}
    assert (
        len(connected) == 2 * len(seen.cells) + 4
    )  # each cell reconnects; and the control, before and after, at two gateways
    assert max(connected) == 1
