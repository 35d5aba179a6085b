"""A whole run with workers that are a few lines of Python: what goes wrong in a row, a column or a cell stays there."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.results.answers.agreement import told_together
from harness.results.journal import Journal
from harness.run import cell_asking, row, scheduler
from harness.run import worker_process as module
from harness.run.scheduler import execute
from harness.run.slots import Slots
from harness.shared.errors import JournalError
from harness.shared.evidence import CheckRecord, RunOutcome
from harness.shared.status import Status
from tests.gateways.simulator.talk import until
from tests.run.fakes import (
    HOST,
    NEGOTIATES,
    OBEDIENT,
    TWO_GATEWAYS,
    WRONG,
    FakeRuns,
    Recorder,
    bootstrap,
    gone,
    plan_of,
)

if TYPE_CHECKING:
    from harness.plan.plan_model import Plan, PlannedCell

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="cells share an import on Linux only")


@pytest.mark.parametrize("isolation", ["auto", "fork", "fresh"])
def test_every_cell_of_every_row_is_asked_and_kept(runs: FakeRuns, isolation: str) -> None:
    for version in ("1", "2", "3"):
        runs.build(version)
    seen = runs.run(NEGOTIATES, versions=("1", "2", "3"), gateways=TWO_GATEWAYS, isolation=isolation)
    assert len(seen.cells) == 6
    assert sorted(seen.recorder.started) == sorted(seen.recorder.finished) == sorted(seen.cells)
    assert seen.recorder.plans == 1
    assert not seen.outcome.interrupted
    for cell in seen.cells.values():
        assert tuple(check.name for check in cell.checks) == seen.recorder.asked[cell.cell]
        assert {check.status for check in cell.checks} == {Status.PASS}
        assert (cell.exit_code, cell.killed, cell.worker_error, cell.skipped) == (0, False, None, None)
        assert cell.resolved is not None
        assert cell.resolved.python == "3.11.7"
        assert (cell.negotiated, cell.cpu_seconds, cell.max_rss_bytes) == (
            203 if "tws" in cell.cell else 210,
            0.01,
            1000,
        )
        assert cell.artifacts == (f"cells/{cell.cell}/evidence.jsonl",)
        assert cell.checks[0] == CheckRecord(
            name="install", status=Status.PASS, seconds=0.5, detail={"requirements": ["fake==1.0"]}
        )
    assert {gateway.server_version for gateway in seen.outcome.gateways} == {223, 203}
    for asked, told, judgement in seen.recorder.told:
        assert asked == told
        assert (judgement.status, judgement.predicted) == (Status.PASS, seen.cells[asked].negotiated)
    assert {probe.when for gateway in seen.outcome.gateways for probe in gateway.probes} == {"before", "after"}


def test_an_answer_that_is_not_the_simulated_truth_degrades_its_check(runs: FakeRuns) -> None:
    runs.build()
    seen = runs.run(WRONG, isolation="fresh")
    wrong = {check.name: (check.status, check.reason) for check in seen.only.checks if check.status is not Status.PASS}
    assert wrong == {
        "ready": (Status.DEGRADED, "not the truth: next_order_id: expected 101, got 2"),
        "open_orders": (Status.DEGRADED, "not the truth: perm_id 1234567890: expected a record, got none"),
    }


def test_what_a_cell_is_told(runs: FakeRuns) -> None:
    runs.build()
    keeps_job = """
ready()
job = hear()["run"]
with open(os.path.join(job["folder"], "job.json"), "w") as file:
    json.dump(job, file)
passes(job)
done(job)
"""
    seen = runs.run(keeps_job, isolation="fresh")
    folder = runs.folder / "results" / "cells" / seen.only.cell
    job = json.loads((folder / "job.json").read_text("utf-8"))
    assert Path(job.pop("folder")) == folder
    assert job.pop("port") == seen.outcome.gateways[0].port
    assert job == {
        "cell": seen.only.cell,
        "host": "127.0.0.1",
        "client_id": 7300,
        "second_client_id": 7301,
        "simulated": True,
        "turn": 0,
        "orders": False,
        "paper_only": False,
        "checks": list(seen.recorder.asked[seen.only.cell][2:]),
        "connect_timeout": 0.3,
        "request_timeout": 5.0,
    }
    assert seen.only.artifacts == tuple(f"cells/{seen.only.cell}/{name}" for name in ("evidence.jsonl", "job.json"))


@LINUX
def test_a_row_that_shares_its_import_has_one_worker_and_a_fresh_one_has_one_a_cell(runs: FakeRuns) -> None:
    counts = "open(sys.argv[0] + '.count', 'a').write(MODE + ' ')\n" + OBEDIENT
    runs.build()
    runs.run(counts, gateways=TWO_GATEWAYS)
    count = runs.folder / "fake_worker.py.count"
    assert count.read_text("utf-8").split() == ["fork"]
    runs.run(counts, gateways=TWO_GATEWAYS, isolation="fresh")
    assert count.read_text("utf-8").split() == ["fork", "once", "once"]


@LINUX
def test_a_row_whose_worker_cannot_share_its_import_has_a_worker_a_cell(runs: FakeRuns) -> None:
    runs.build()
    threaded = """
ready(exclusive=MODE == "fork")
if MODE == "fork":
    sys.exit("2 threads after the import")
job = hear()["run"]
passes(job)
done(job)
"""
    seen = runs.run(threaded, gateways=TWO_GATEWAYS)
    assert [(cell.exit_code, cell.worker_error) for cell in seen.cells.values()] == [(0, None)] * 2


@pytest.mark.parametrize(
    ("system", "isolation", "shares"),
    [
        ("linux", "auto", True),
        ("linux", "fork", True),
        ("linux", "fresh", False),
        ("darwin", "auto", False),
        ("win32", "fork", False),
    ],
)
def test_imports_are_shared_on_linux_unless_told_otherwise(
    system: str,
    isolation: str,
    shares: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.platform", system)
    assert row.shares_import(isolation) is shares


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_worker_that_dies_in_a_cell_is_that_cells_error_and_its_evidence_is_kept(
    runs: FakeRuns, isolation: str
) -> None:
    runs.build()
    dies = """
ready()
job = hear()["run"]
write(job, check("tcp"), {"event": "negotiated", "server_version": 178}, {"event": "begin", "name": "version"})
sys.exit("out of memory")
"""
    cell = runs.run(dies, isolation=isolation).only
    assert cell.worker_error == "the worker ended: out of memory"
    assert [check.name for check in cell.checks] == ["install", "import", "tcp"]
    assert (cell.began, cell.negotiated, cell.killed, cell.exit_code) == ("version", 178, False, None)
    assert cell.artifacts


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_cell_at_its_deadline_is_killed_and_its_evidence_is_kept(runs: FakeRuns, isolation: str) -> None:
    """The fake takes no order to end a cell, so the whole worker goes."""
    runs.build()
    hangs = """
ready()
job = hear()["run"]
write(job, {"event": "process", "pid": os.getpid()}, check("tcp"), {"event": "begin", "name": "version"})
time.sleep(600)
"""
    cell = runs.run(hangs, isolation=isolation, defaults="cell_deadline = 0.5").only
    assert (cell.killed, cell.began, cell.worker_error) == (True, "version", None)
    assert [check.name for check in cell.checks] == ["install", "import", "tcp"]
    assert cell.seconds >= 0.5
    first = (runs.folder / "results" / cell.artifacts[0]).read_text("utf-8").splitlines()[0]
    assert gone(json.loads(first)["pid"])


@LINUX
def test_a_cell_that_nothing_can_end_does_not_hold_the_run(runs: FakeRuns) -> None:
    """Such as one in an uninterruptible wait of the system."""
    runs.build()
    runs.monkeypatch.setattr(cell_asking, "KILL_SECONDS", 0.1)
    runs.monkeypatch.setattr(module.Worker, "terminate", lambda _worker: None)
    cell = runs.run("ready()\nwhile hear():\n    pass", defaults="cell_deadline = 0.1").only
    assert (cell.killed, cell.exit_code, cell.worker_error) == (True, None, None)


@LINUX
def test_a_cell_that_is_killed_by_order_has_its_exit_code(runs: FakeRuns) -> None:
    runs.build()
    obeys = """
ready()
job = hear()["run"]
hear()
done(job, -9)
hear()
"""
    cell = runs.run(obeys, defaults="cell_deadline = 0.3").only
    assert (cell.killed, cell.exit_code) == (True, -9)


def test_evidence_that_cannot_be_written_is_the_cells_error(runs: FakeRuns) -> None:
    runs.build()
    (runs.folder / "results").write_text("a file where a folder should be", encoding="utf-8")
    assert str(runs.run().only.worker_error).startswith("its evidence cannot be kept: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends on the second Ctrl-C")
@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_repeating_ctrl_c_does_not_cut_the_ending_short(runs: FakeRuns, isolation: str) -> None:
    """The first comes when a cell begins, another whenever a worker is about to be closed."""
    pids: list[int] = []
    close = module.Worker.close

    async def impatient(worker: module.Worker) -> None:
        assert worker._process is not None
        pids.append(worker._process.pid)
        signal.raise_signal(signal.SIGINT)
        await close(worker)

    runs.monkeypatch.setattr(module.Worker, "close", impatient)
    for version in ("1", "2"):
        runs.build(version)
    hangs = "ready()\nhear()\nopen(sys.argv[0] + '.hangs', 'a').write('x')\ntime.sleep(600)"
    recorder = Recorder()
    signalled = runs.folder / "fake_worker.py.hangs"

    def end(_cell: PlannedCell) -> None:
        recorder.started.append("one")
        if len(recorder.started) == 2:
            asyncio.get_running_loop().create_task(once_both_hang())

    async def once_both_hang() -> None:
        await until(lambda: signalled.exists() and signalled.read_text("utf-8") == "xx")
        signal.raise_signal(signal.SIGINT)

    runs.monkeypatch.setattr(recorder, "cell_started", end)
    plan = plan_of(runs.folder, versions=("1", "2"), isolation=isolation)
    runs.monkeypatch.setattr(module, "BOOTSTRAP", bootstrap(runs.folder, hangs))
    outcome = execute(plan, runs.environments, runs.folder / "results", recorder)
    assert outcome.interrupted
    assert outcome.outcomes == ()
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


@LINUX
def test_cells_that_will_wait_for_what_their_gateway_cannot_answer_come_first(runs: FakeRuns) -> None:
    """Else the run waits for them at its end: 10.30 speaks 187, and the time in thousandths is asked from 197 on."""
    runs.build("1")
    script = """
ready(announced={"min": 157, "max": 223})
while order := hear():
    if "run" in order:
        with open(sys.argv[0] + ".order", "a") as asked:
            asked.write(order["run"]["cell"] + "\\n")
        passes(order["run"])
        done(order["run"])
"""
    old = '[[gateway]]\nproduct = "gateway"\nversion = "10.30"\nkind = "simulator"\n'
    runs.monkeypatch.setattr(scheduler, "Slots", lambda _places: Slots(1))
    runs.run(script, gateways=f"{TWO_GATEWAYS}{old}", defaults='checks = ["current_time_in_millis"]')
    first, *others = (runs.folder / "fake_worker.py.order").read_text("utf-8").split()
    assert first.endswith("gateway-10.45-paper")  # the place was free
    assert [each.rpartition("/")[2] for each in others] == ["gateway-10.30-paper", "tws-10.37-paper"]


def test_cells_that_the_plan_skips_are_not_asked(runs: FakeRuns) -> None:
    runs.build("1")
    seen = runs.run(versions=("1", "2"), skipped_rows={f"ib_async==2/py{HOST}": "no Python"})
    assert list(seen.cells) == [f"ib_async==1/py{HOST}/gateway-10.45-paper"]


def test_the_number_of_processors_is_known_on_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert scheduler._cores() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert scheduler._cores() >= 1


def test_an_observer_that_fails_is_logged_and_does_not_end_the_run(
    runs: FakeRuns, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def closed(*_: object) -> None:
        raise BrokenPipeError

    for name in ("plan_ready", "cell_started", "cell_finished", "progress", "note"):
        monkeypatch.setattr(Recorder, name, closed)
    for version in ("1", "2"):
        runs.build(version)
    with caplog.at_level(logging.DEBUG, "ib_compat.run"):
        seen = runs.run(versions=("1", "2"), gateways=TWO_GATEWAYS)
    assert len(seen.cells) == 4
    assert {check.status for cell in seen.cells.values() for check in cell.checks} == {Status.PASS}
    assert {record.exc_info[0] for record in caplog.records if record.exc_info} == {BrokenPipeError}


def test_a_cell_that_finds_no_room_ends_the_run_and_is_not_finished(
    runs: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it is asked again when there is room, instead of being an error for ever."""

    async def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(row, "ask", no_room)
    monkeypatch.setattr(module, "BOOTSTRAP", bootstrap(runs.folder, OBEDIENT))
    runs.build()
    journal = Journal.in_memory()
    with pytest.raises(JournalError, match="No space left on device"):
        execute(plan_of(runs.folder), runs.environments, runs.folder / "results", Recorder(), journal=journal)
    assert not journal.seen.cells


def test_cells_are_held_against_each_other_outside_the_loop(runs: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many positions and rows it takes seconds, in which the loop would hear no signal."""
    threads: list[threading.Thread] = []

    def noted(plan: Plan, outcome: RunOutcome) -> RunOutcome:
        threads.append(threading.current_thread())
        return told_together(plan, outcome)

    monkeypatch.setattr(scheduler, "told_together", noted)
    runs.build()
    assert runs.run().only.exit_code == 0
    assert threads
    assert threading.main_thread() not in threads
