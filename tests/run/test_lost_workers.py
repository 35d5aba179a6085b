"""A worker that is lost, and a cell that cannot be ended, take no other cell along."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from harness.run import cell_asking, row
from harness.shared.status import Status
from tests.gateways.simulator.talk import run, until
from tests.run.fakes import TWO_GATEWAYS, at_the_tws, gone

if TYPE_CHECKING:
    from harness.plan.plan_model import PlannedCell
    from tests.run.fakes import FakeRuns, Seen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cells share a worker on Linux only")

DEADLY = """
import signal
open(sys.argv[0] + ".count", "a").write(MODE + " ")
ready()
while order := hear():
    if "run" not in order:
        continue
    job = order["run"]
    if "tws" in job["cell"]:
        write(job, check("tcp"), {"event": "begin", "name": "version"})
        os.kill(os.getpid(), signal.SIGSEGV)
    passes(job)
    done(job)
"""
"""The cell at the TWS ends its worker, whichever that is."""


def of(seen: Seen, gateway: str) -> Any:
    (cell,) = (cell for name, cell in seen.cells.items() if gateway in name)
    return cell


@pytest.mark.parametrize("concurrency", [1, 8])
def test_what_ends_its_worker_is_that_cells_result_alone(runs: FakeRuns, concurrency: int) -> None:
    runs.build()
    seen = runs.run(DEADLY, gateways=TWO_GATEWAYS, defaults=f"concurrency = {concurrency}")
    well, deadly = of(seen, "gateway"), of(seen, "tws")
    assert (well.exit_code, well.worker_error) == (0, None)
    assert {check.status for check in well.checks} == {Status.PASS}
    assert (deadly.exit_code, deadly.began, deadly.worker_error) == (-11, "version", None)
    assert [check.name for check in deadly.checks] == ["install", "import", "tcp"]
    assert (runs.folder / "fake_worker.py.count").read_text("utf-8").split().count("fork") == 1


def test_a_process_that_the_machine_does_not_give_is_one_cells_error(runs: FakeRuns) -> None:
    runs.build()
    no_process = at_the_tws("""
say(event="done", cell=job["cell"], exit=3, no_process="[Errno 11] Resource temporarily unavailable")
""")
    seen = runs.run(no_process, gateways=TWO_GATEWAYS)
    assert of(seen, "gateway").exit_code == 0
    assert "Errno 11" in of(seen, "tws").worker_error


_HANGS = """
hangs = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[0] + ".pid", "w").write(str(hangs.pid))
say(event="started", cell=job["cell"], pid=hangs.pid)
"""
STUBBORN = at_the_tws(_HANGS)
STUBBORN_AND_WAITS = at_the_tws(_HANGS + "done(job, hangs.wait())")
TWS_FIRST = "".join(reversed(TWO_GATEWAYS.partition("\n\n")))
ONE_BY_ONE = "concurrency = 1\ncell_deadline = 2"
"""So the other cell begins when all was done about the one that hangs, where that is the first of them."""


@pytest.mark.slow
def test_a_cell_that_its_worker_does_not_end_is_ended_from_here(runs: FakeRuns) -> None:
    runs.build()
    seen = runs.run(STUBBORN_AND_WAITS, gateways=TWS_FIRST, defaults=ONE_BY_ONE)
    assert (of(seen, "tws").killed, of(seen, "tws").left) == (True, None)
    assert (of(seen, "gateway").exit_code, of(seen, "gateway").worker_error) == (0, None)


@pytest.mark.slow
def test_a_cell_that_nothing_ends_is_named_and_the_others_go_on(
    runs: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that waits in the system's own code, which no signal reaches: here the signal is kept from it."""
    monkeypatch.setattr(cell_asking, "KILL_SECONDS", 0.1)
    monkeypatch.setattr(os, "kill", lambda *_: None)
    runs.build()
    seen = runs.run(STUBBORN, gateways=TWS_FIRST, defaults=ONE_BY_ONE)
    monkeypatch.undo()
    pid = int((runs.folder / "fake_worker.py.pid").read_text("utf-8"))
    assert (of(seen, "tws").killed, of(seen, "tws").left) == (True, pid)
    assert (of(seen, "gateway").exit_code, of(seen, "gateway").worker_error) == (0, None)
    run(until(lambda: gone(pid)))


STUBBORN_ONCE = """
ready()
while order := hear():
    job = order.get("run")
    if job is None:
        continue
    if os.path.exists(sys.argv[0] + ".pid"):
        passes(job)
        done(job)
        continue
    hangs = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open(sys.argv[0] + ".pid", "w").write(str(hangs.pid))
    say(event="started", cell=job["cell"], pid=hangs.pid)
"""


@pytest.mark.slow
def test_what_a_first_look_left_is_not_forgotten_by_the_second(runs: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.build()
    with monkeypatch.context() as deaf:
        deaf.setattr(cell_asking, "KILL_SECONDS", 0.1)
        deaf.setattr(row, "LATE", -1.0)  # so a red cell is asked again
        deaf.setattr(os, "kill", lambda *_: None)
        seen = runs.run(STUBBORN_ONCE, defaults="cell_deadline = 2")
    assert (seen.only.exit_code, seen.only.killed) == (0, False)
    assert seen.only.left == int((runs.folder / "fake_worker.py.pid").read_text("utf-8"))


SIDE_BY_SIDE = """
import threading

def after(hangs, well, stubborn):
    code = hangs.wait()
    passes(well)
    done(well)
    done(stubborn, code)

ready()
jobs = {}
while order := hear():
    job = order.get("run")
    if job is None:
        continue
    if MODE == "once":
        done(job, 7)
        break
    jobs["tws" in job["cell"]] = job
    if len(jobs) == 2:
        hangs = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        say(event="started", cell=jobs[True]["cell"], pid=hangs.pid)
        threading.Thread(target=after, args=(hangs, jobs[False], jobs[True])).start()
        open(sys.argv[0] + ".both", "w").close()
"""
"""The cell at the TWS hangs; the other one is under way meanwhile, and ends after it. Alone, both end otherwise."""


def test_a_cell_that_is_under_way_in_the_same_worker_goes_on(runs: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    both = runs.folder / "fake_worker.py.both"

    async def overdue(running: asyncio.Task[object], cell: PlannedCell, *_: object) -> float | None:
        if "tws" in cell.id:
            await until(both.exists)
            return 0.0
        await asyncio.wait({running})
        return None

    monkeypatch.setattr(cell_asking, "overdue", overdue)
    monkeypatch.setattr(cell_asking, "KILL_SECONDS", 1.0)
    runs.build()
    seen = runs.run(SIDE_BY_SIDE, gateways=TWO_GATEWAYS)
    assert of(seen, "tws").killed
    assert (of(seen, "gateway").exit_code, of(seen, "gateway").worker_error) == (0, None)
