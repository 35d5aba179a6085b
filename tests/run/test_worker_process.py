"""A worker process seen from the host: whatever it says or leaves unsaid, the host gets an answer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from harness.run import worker_process as module
from harness.run.worker_process import Done, Worker
from harness.shared.errors import WorkerError
from harness.shared.evidence import CheckRecord, Resolved, VersionRange
from harness.shared.status import Status
from tests.gateways.simulator.talk import run
from tests.run.fakes import OBEDIENT
from tests.run.workers import POSIX, Bench

pytestmark = pytest.mark.usefixtures("short_waits")


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
