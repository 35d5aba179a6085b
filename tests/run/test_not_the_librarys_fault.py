"""What this machine, somebody else on it, or ib-compat does to a cell is never the library's fault."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.gateways.simulator import timing
from harness.plan.build_plan import build_plan
from harness.plan.matrix.environments import RowEnvironment
from harness.plan.matrix.load import load_matrix
from harness.results.judge import Judgement, judge
from harness.run import worker_process as module
from harness.run.tap import recorder
from harness.shared.status import Fault, Status
from tests.run.fakes import SIMULATED, FakeRuns, plan_of, run_plan
from tests.run.real import ROWS, folder_of, matrix
from tests.worker.conftest import bootstrap_with

FORKS = pytest.mark.skipif(sys.platform != "linux", reason="cells share a worker on Linux only")

KILLED = """
import signal
ready()
job = hear()["run"]
write(job, check("tcp"), {"event": "begin", "name": "version"})
os.kill(os.getpid(), signal.SIGKILL)
"""
"""As the system does where memory runs out: nobody of ours sends that."""

NO_PROCESS = """
ready()
while order := hear():
    say(event="done", cell=order["run"]["cell"], exit=3, no_process="[Errno 11] Resource temporarily unavailable")
"""

NO_THREAD = """
ready()
job = hear()["run"]
failed = check("version", "fail", reason="no server version after 0.01 s: RuntimeError: can't start new thread")
write(job, check("tcp"), failed)
done(job, 1)
"""

OVERDUE = """
ready()
job = hear()["run"]
write(job, check("tcp"), {"event": "begin", "name": "version"})
time.sleep(600)
"""


def judged_alone(runs: FakeRuns, script: str, defaults: str = "") -> Judgement:
    runs.build()
    seen = runs.run(script, defaults=defaults)
    (cell,) = plan_of(runs.folder, defaults=defaults).asked
    return judge(cell, seen.only, seen.outcome.gateways[0])


@FORKS
@pytest.mark.parametrize(
    ("script", "defaults", "code", "fault"),
    [
        pytest.param(KILLED, 'isolation = "fresh"', "killed-from-outside", Fault.HARNESS, id="SIGKILL"),
        pytest.param(NO_PROCESS, "", "machine-limit", Fault.HARNESS, id="no process"),
        pytest.param(NO_THREAD, "", "machine-limit", Fault.HARNESS, id="no thread"),
        pytest.param(OVERDUE, "cell_deadline = 0.5", "killed-at-its-deadline", Fault.UNKNOWN, id="deadline"),
    ],
)
def test_it_has_a_verdict_of_its_own(runs: FakeRuns, script: str, defaults: str, code: str, fault: Fault) -> None:
    judgement = judged_alone(runs, script, defaults)
    assert judgement.diagnosis is not None
    assert (judgement.diagnosis.code, judgement.fault) == (code, fault)


NO_THREADS = """
import threading

def start(self):
    raise RuntimeError("can't start new thread")

threading.Thread.start = start
"""
"""As Python does at RLIMIT_NPROC, or at the limit of a container."""

STEPPED = """
import time
told, calls = time.time, []

def stepped_back():
    calls.append(None)
    return told() - 3600

time.time = stepped_back
"""
"""The clock of the cell's process alone is an hour behind."""

NO_ANSWER = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"
scenario = "no-positions-end"
"""


def judged_rows(
    folder: Path, environments: Path, before: str, gateways: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Judgement]:
    monkeypatch.setattr(module, "BOOTSTRAP", bootstrap_with(before, folder))
    file = matrix(folder, gateways, 'connect_timeout = 2\nrequest_timeout = 1\nchecks = ["positions"]')
    plan = build_plan(load_matrix(file))
    seen = run_plan(plan, environments, folder)
    (met,) = seen.outcome.gateways
    return {cell.row.name: judge(cell, seen.cells[cell.id], met) for cell in plan.asked}


def test_a_library_that_gets_no_thread_is_not_blamed(
    tmp_path: Path, environments: dict[str, RowEnvironment], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = judged_rows(tmp_path, folder_of(environments), NO_THREADS, SIMULATED, monkeypatch)
    assert len(judged) == len(ROWS)
    assert judged["ibapi"].fault is Fault.HARNESS
    assert {judgement.fault for judgement in judged.values()} <= {None, Fault.HARNESS}


@pytest.mark.slow
def test_a_clock_that_was_set_back_does_not_make_a_gateways_silence_the_librarys(
    tmp_path: Path, environments: dict[str, RowEnvironment], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = judged_rows(tmp_path, folder_of(environments), STEPPED, NO_ANSWER, monkeypatch)
    assert len(judged) == len(ROWS)
    assert {judgement.fault for judgement in judged.values()} == {Fault.GATEWAY}


def test_a_clock_that_was_set_and_set_back_within_a_cell_makes_no_answer_wrong(
    tmp_path: Path, environments: dict[str, RowEnvironment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of day is ahead while the gateway tells it, and right when the cell begins and ends."""
    ahead = SimpleNamespace(time=lambda: time.time() + 5 * 3600, monotonic=time.monotonic)
    monkeypatch.setattr(timing, "time", ahead)
    monkeypatch.setattr(recorder, "time", ahead)
    plan = build_plan(load_matrix(matrix(tmp_path, SIMULATED, 'checks = ["current_time"]')))
    seen = run_plan(plan, folder_of(environments), tmp_path)
    told = [check for cell in seen.cells.values() for check in cell.checks if check.name == "current_time"]
    assert [check.status for check in told] == [Status.PASS] * len(ROWS), told
    assert all(check.detail["epoch_seconds"] > time.time() + 4 * 3600 for check in told)
