"""How a worker process ends: killed or closed, it keeps nobody waiting, and nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from harness.run import worker_process as module
from tests.gateways.simulator.talk import run, until
from tests.limits import PATIENCE
from tests.run.fakes import gone
from tests.run.workers import HANGS, POSIX, Bench

if TYPE_CHECKING:
    from pathlib import Path

    from harness.run.worker_process import Done

pytestmark = pytest.mark.usefixtures("short_waits")


@POSIX
@pytest.mark.parametrize("mode", ["fork", "once"])
def test_one_that_no_signal_ends_keeps_nobody_waiting(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that waits in the system's own code: here the signals are kept from it."""

    async def scenario() -> None:
        worker = Bench(tmp_path, monkeypatch).new(HANGS, mode)
        await worker.start()
        assert worker._process is not None
        with monkeypatch.context() as deaf:
            deaf.setattr(module, "GONE_SECONDS", 0.1)
            deaf.setattr(os, "kill", lambda *_: None)
            deaf.setattr(os, "killpg", lambda *_: None)
            try:
                async with asyncio.timeout(PATIENCE):
                    await worker.close()
                assert not gone(worker._process.pid)
            finally:
                deaf.undo()
                worker.terminate()
        await worker._process.wait()

    run(scenario())


@pytest.mark.parametrize("mode", ["fork", "once"])
def test_a_worker_that_ignores_its_closing_is_killed(bench: Bench, mode: str) -> None:
    async def scenario() -> None:
        async with bench.started(HANGS, mode):
            pass

    run(scenario())


def test_killing_the_cell_of_a_single_worker_kills_the_worker(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.started(HANGS, "once") as worker:
            running = asyncio.create_task(worker.run(bench.job()))
            await until(lambda: worker._waiting)
            worker.kill("a/cell")
            assert (await running).exit_code == -signal.SIGKILL

    run(scenario())


def test_killing_a_cell_of_a_shared_worker_is_an_order_to_it(bench: Bench) -> None:
    obeys = """
ready()
job = hear()["run"]
assert hear() == {"kill": job["cell"]}
done(job, -9)
hear()
"""

    async def scenario() -> Done:
        async with bench.started(obeys) as worker:
            running = asyncio.create_task(worker.run(bench.job()))
            await until(lambda: worker._waiting)
            await asyncio.sleep(0)
            worker.kill("a/cell")
            return await running

    assert run(scenario()).exit_code == -9


def test_a_single_worker_that_is_closed_in_its_job_is_killed_without_waiting(bench: Bench) -> None:
    bench.monkeypatch.setattr(module, "CLOSE_SECONDS", 60)  # longer than the test may take

    async def scenario() -> None:
        async with bench.started(HANGS, "once") as worker:
            running = asyncio.create_task(worker.run(bench.job()))
            await until(lambda: worker._at_work)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    run(scenario())


def test_closing_that_is_cancelled_still_ends_the_worker(bench: Bench) -> None:
    bench.monkeypatch.setattr(module, "CLOSE_SECONDS", 60)

    async def scenario() -> None:
        worker = bench.new(HANGS)
        pid = (await worker.start(), worker._process.pid if worker._process else 0)[1]
        closing = asyncio.create_task(worker.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert gone(pid)

    run(scenario())


@POSIX
def test_what_a_dead_worker_started_dies_with_it_before_anybody_waits_for_it(bench: Bench) -> None:
    bench.monkeypatch.setattr(module, "COMPLAINT_SECONDS", 60)  # longer than the test may take
    parent = """
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
open("child.pid", "w").write(str(child.pid))
ready()
hear()
os._exit(1)
"""
    parent = parent.replace('"child.pid"', repr(str(bench.folder / "child.pid")))
    assert bench.failure(parent) == "the worker ended: it said nothing"
    child = int((bench.folder / "child.pid").read_text("utf-8"))
    run(until(lambda: gone(child)))


@POSIX
def test_something_that_escaped_and_holds_its_pipes_does_not_hold_the_host(bench: Bench) -> None:
    """Its pipes stay open, so neither standard output nor standard error ends with the worker."""
    pid_file = bench.folder / "orphan.pid"
    escapes = f"""
orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
open({str(pid_file)!r}, "w").write(str(orphan.pid))
ready()
hear()
print("bye", file=sys.stderr, flush=True)
os._exit(1)
"""

    async def scenario() -> None:
        worker = bench.new(escapes)
        await worker.start()
        running = asyncio.create_task(worker.run(bench.job()))
        await asyncio.wait({running}, timeout=0.5)
        await worker.close()
        os.kill(int(pid_file.read_text("utf-8")), signal.SIGKILL)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await worker.complaints() == "bye"

    run(scenario())
