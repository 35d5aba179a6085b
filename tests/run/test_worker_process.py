"""A worker process seen from the host: whatever it does, the host gets an answer and nothing is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.run import worker_process as module
from harness.run.worker_process import Done, Worker
from harness.shared.errors import WorkerError
from harness.shared.evidence import CheckRecord, Resolved, VersionRange
from harness.shared.status import Status
from tests.gateways.simulator.talk import run, until
from tests.limits import PATIENCE
from tests.run.fakes import OBEDIENT, bootstrap, gone

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="process groups and signals of POSIX")

HANGS = """
import signal
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
ready(pid=os.getpid())
hear()
while True:
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.3)
    monkeypatch.setattr(module, "COMPLAINT_SECONDS", 0.3)


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


class Bench:
    """Makes workers of scripts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch

    def new(self, script: str, mode: str = "fork") -> Worker:
        self.monkeypatch.setattr(module, "BOOTSTRAP", bootstrap(self.folder, script))
        return Worker(python=Path(sys.executable), adapter="ib_async", distribution="fake", mode=mode)

    @asynccontextmanager
    async def started(self, script: str, mode: str = "fork") -> AsyncIterator[Worker]:
        worker = self.new(script, mode)
        try:
            await worker.start()
            yield worker
        finally:
            await worker.close()
            assert worker._process is None or gone(worker._process.pid)

    def job(self, cell: str = "a/cell") -> dict[str, Any]:
        return {"cell": cell, "checks": ["tcp"], "folder": str(self.folder)}

    def failure(self, script: str, mode: str = "fork") -> str:
        """Start a worker and run one job; return what the host is told of its end."""

        async def scenario() -> None:
            async with self.started(script, mode) as worker:
                await worker.run(self.job())

        with pytest.raises(WorkerError) as caught:
            run(scenario())
        return str(caught.value)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


@pytest.mark.parametrize("mode", ["fork", "once"])
def test_it_tells_of_the_import_runs_jobs_and_ends_when_it_is_closed(bench: Bench, mode: str) -> None:
    async def scenario() -> None:
        async with bench.started(OBEDIENT, mode) as worker:
            ready = worker.ready
            assert ready.imported == CheckRecord(name="import", status=Status.PASS, seconds=0.1)
            assert ready.announced == VersionRange(min=157, max=178)
            assert ready.resolved == Resolved(
                distribution="fake",
                version="1.0",
                module_version="1.0",
                python="3.11.7",
                zone_data="/usr/share/zoneinfo",
                requirements={},
            )
            assert not ready.exclusive
            assert await worker.run(bench.job()) == Done(exit_code=0, cpu_seconds=0.01, max_rss_bytes=1000)

    run(scenario())


def test_jobs_run_side_by_side_and_each_gets_its_own_end(bench: Bench) -> None:
    backwards = """
ready()
jobs = [hear()["run"] for _ in range(3)]
for code, job in reversed(list(enumerate(jobs))):
    say(event="started", cell=job["cell"], pid=1)
    done(job, code)
say(event="done", cell="nobody/asked", exit=0)
hear()
"""

    async def scenario() -> list[int]:
        async with bench.started(backwards) as worker:
            ends = await asyncio.gather(*(worker.run(bench.job(f"cell/{n}")) for n in range(3)))
            return [end.exit_code for end in ends]

    assert run(scenario()) == [0, 1, 2]


def test_a_python_that_is_not_there_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        worker = Worker(python=tmp_path / "none", adapter="ibapi", distribution="ibapi", mode="fork")
        with pytest.raises(WorkerError, match=r"cannot start .*none"):
            await worker.start()
        await worker.close()

    run(scenario())


def test_a_worker_that_was_not_started_says_so(bench: Bench) -> None:
    async def scenario() -> None:
        worker = bench.new(OBEDIENT)
        for attempt in (worker.run(bench.job()), worker._line()):
            with pytest.raises(WorkerError, match="was not started"):
                await attempt
        with pytest.raises(WorkerError, match="was not started"):
            _ = worker.ready
        assert await worker.complaints() == "it said nothing"
        worker.kill("a/cell")
        worker.terminate()
        await worker.close()

    run(scenario())


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("sys.exit('no module named fake')", "the worker ended before it was ready: no module named fake"),
        ("sys.exit(3)", "the worker ended before it was ready: it said nothing"),
        ("print('hello')", r"the worker sent b'hello\n'"),
        ("print(42)", r"the worker sent b'42\n'"),
        ("say(event=3)", "the worker sent b'{"),
        ("say(event='done')", "the worker began with b'{"),
        ("say(event='ready')", "the worker began with b'{"),
        ("ready(announced={'least': 1})", "the worker began with b'{"),
        ("ready(**{'import': {'name': 'import', 'status': 'perhaps'}})", "the worker began with b'{"),
        ("print('x' * 5_000_000); hear()", "the worker sent a line of over 4194304 bytes"),
    ],
    ids=["dies", "dies silently", "garbage", "a number", "odd", "no ready", "bare", "range", "status", "endless line"],
)
def test_a_worker_that_does_not_become_ready_is_told_with_what_it_said(bench: Bench, script: str, told: str) -> None:
    assert bench.failure(script).replace("\\r", "").startswith(told)


def test_a_worker_that_never_says_ready_is_given_up(bench: Bench) -> None:
    bench.monkeypatch.setattr(module, "START_SECONDS", 0.2)
    assert bench.failure("hear()") == "the worker sent nothing for 0.2 s"


@pytest.mark.parametrize("mode", ["fork", "once"])
@pytest.mark.parametrize(
    ("then", "told"),
    [
        ("sys.exit('boom')", "the worker ended: boom"),
        ("os._exit(9)", "the worker ended: it said nothing"),
        ("print('what?', flush=True); hear(); hear()", r"the worker sent b'what?\n'"),
        ("say(event='done', cell='a/cell'); hear()", "the worker sent b'{"),
        ("say(event='done', cell=None, exit=0); hear()", "the worker sent b'{"),
        (
            "say(event='done', cell='a/cell', exit=2, reason='no folder'); hear()",
            "the worker refused a job: no folder",
        ),
        ("print('x' * 5_000_000); hear()", "the worker sent a line of over 4194304 bytes"),
    ],
    ids=["dies", "dies silently", "garbage", "no exit", "no cell", "refuses", "endless line"],
)
def test_a_worker_that_breaks_off_in_a_job_fails_that_job(bench: Bench, then: str, told: str, mode: str) -> None:
    said = bench.failure(f"ready()\nhear()\n{then}", mode).replace("\\r", "")
    assert said.startswith(told)


def test_whoever_comes_after_its_end_is_told_the_same(bench: Bench) -> None:
    async def scenario(script: str) -> list[str]:
        told = []
        async with bench.started(script) as worker:
            for _ in range(3):
                with pytest.raises(WorkerError) as caught:
                    await worker.run(bench.job())
                told.append(str(caught.value))
        return told

    assert run(scenario("ready()\nhear()\nsys.exit('boom')")) == ["the worker ended: boom"] * 3
    assert run(scenario("ready()\nhear()\nprint(1, flush=True)\nhear()"))[1:] == ["the worker sent b'1\\n'"] * 2


def test_a_worker_that_ended_between_jobs_is_told_by_the_next(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.started("ready()\nsys.exit('enough')") as worker:
            assert worker._listener is not None
            await worker._listener
            with pytest.raises(WorkerError, match="the worker ended: enough"):
                await worker.run(bench.job())

    run(scenario())


@POSIX
def test_a_job_that_cannot_be_handed_over_is_told(bench: Bench) -> None:
    deaf = "os.close(0)\nready(pid=os.getpid())\ntime.sleep(60)"

    async def scenario() -> None:
        async with bench.started(deaf) as worker:
            with pytest.raises(WorkerError, match="the worker ended: it said nothing"):
                await worker._say({"run": "x" * 1_000_000})

    run(scenario())


def test_complaints_without_end_do_not_block_and_their_end_is_kept(bench: Bench) -> None:
    noisy = """
sys.stderr.write("noise " * 1_000_000)
ready()
hear()
sys.stderr.write("noise " * 1_000_000 + "and the last word")
sys.exit(1)
"""
    told = bench.failure(noisy)
    assert told.endswith("noise and the last word")
    assert len(told) < 5000


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


def test_a_worker_does_not_hear_our_ctrl_c_and_starts_no_threads_for_numpy(bench: Bench) -> None:
    tells = """
groups = str(os.getpgid(0) == os.getpid())
told = {"distribution": os.environ["OPENBLAS_NUM_THREADS"], "version": groups}
ready(resolved={**told, "module_version": None, "requirements": {}})
hear()
"""
    if sys.platform == "win32":
        tells = tells.replace("os.getpgid(0) == os.getpid()", "True")

    async def scenario() -> Resolved | None:
        async with bench.started(tells) as worker:
            return worker.ready.resolved

    resolved = run(scenario())
    assert resolved is not None
    assert (resolved.distribution, resolved.version) == ("1", "True")


def test_its_command_names_adapter_distribution_and_mode() -> None:
    worker = Worker(python=Path("py"), adapter="ibapi", distribution="nautilus-ibapi", mode="once")
    assert worker._command[:2] == ["py", "-I"]
    assert Path(worker._command[2]).is_file()
    told = ["--adapter", "ibapi", "--distribution", "nautilus-ibapi", "--mode", "once"]
    assert worker._command[3:] == told
