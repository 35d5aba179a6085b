"""A whole run with workers that are a few lines of Python: what goes wrong in a row, a column or a cell stays there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.plan.model import PlannedCell
from harness.results.outcome import CheckRecord
from harness.run import asking, execute, row, scheduler
from harness.run import worker as module
from harness.status import Status
from tests.run.fakes import HOST, OBEDIENT, SIMULATED, Recorder, Seen, bootstrap, build, gone, plan_of, run_plan
from tests.simulator.talk import until
from tests.simulator.test_standalone import simulating

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="cells share an import on Linux only")

TWO_GATEWAYS = f"""{SIMULATED}
[[gateway]]
product = "tws"
version = "10.37"
kind = "simulator"
"""

CHECKS = (
    "install",
    "import",
    "tcp",
    "version",
    "ready",
    "current_time",
    "account_summary",
    "account_updates",
    "account_updates_multi",
    "positions",
    "open_orders",
    "completed_orders",
    "executions",
    "reconnect",
    "close",
)


@contextmanager
def _another_gateway() -> Iterator[tuple[int, int]]:
    """A simulated gateway in a process of its own, as a real one is: its process id and its port."""
    with simulating("--gateway", "10.45", "--port", "0", "--quiet") as (process, _, port):
        yield process.pid, port


class Bench:
    """Runs plans of rows whose worker is a script."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.environments = folder / "environments"
        self.monkeypatch = monkeypatch

    def build(self, version: str = "1", **changes: object) -> None:
        build(self.environments, f"ib_async=={version}/py{HOST}", **changes)

    def run(self, script: str = OBEDIENT, **options: object) -> Seen:
        self.monkeypatch.setattr(module, "BOOTSTRAP", bootstrap(self.folder, script))
        return run_plan(plan_of(self.folder, **options), self.environments, self.folder)  # type: ignore[arg-type]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.5)
    monkeypatch.setattr(asking, "KILL_SECONDS", 0.5)
    return Bench(tmp_path, monkeypatch)


@pytest.mark.parametrize("isolation", ["auto", "fork", "fresh"])
def test_every_cell_of_every_row_is_asked_and_kept(bench: Bench, isolation: str) -> None:
    for version in ("1", "2", "3"):
        bench.build(version)
    seen = bench.run(versions=("1", "2", "3"), gateways=TWO_GATEWAYS, isolation=isolation)
    assert len(seen.cells) == 6
    assert sorted(seen.recorder.started) == sorted(seen.recorder.finished) == sorted(seen.cells)
    assert seen.recorder.plans == 1
    assert not seen.outcome.interrupted
    for cell in seen.cells.values():
        assert tuple(check.name for check in cell.checks) == CHECKS
        assert {check.status for check in cell.checks} == {Status.PASS}
        assert (cell.exit_code, cell.killed, cell.worker_error, cell.skipped) == (0, False, None, None)
        assert (cell.negotiated, cell.python, cell.cpu_seconds, cell.max_rss_bytes) == (178, "3.11.7", 0.01, 1000)
        assert cell.artifacts == (f"cells/{cell.cell}/evidence.jsonl",)
        assert cell.checks[0] == CheckRecord(
            name="install", status=Status.PASS, seconds=0.5, detail={"requirements": ["fake==1.0"]}
        )
    assert {gateway.server_version for gateway in seen.outcome.gateways} == {223, 203}
    assert {probe.when for gateway in seen.outcome.gateways for probe in gateway.probes} == {"before", "after"}


WRONG = """
ready()
job = hear()["run"]
passes(job, ready={"accounts": ["DU9000001"], "next_order_id": 2}, open_orders={"records": []})
done(job)
"""


def test_an_answer_that_is_not_the_simulated_truth_degrades_its_check(bench: Bench) -> None:
    bench.build()
    seen = bench.run(WRONG, isolation="fresh")
    wrong = {check.name: (check.status, check.reason) for check in seen.only.checks if check.status is not Status.PASS}
    assert wrong == {
        "ready": (Status.DEGRADED, "not the truth: next_order_id: expected 101, got 2"),
        "open_orders": (Status.DEGRADED, "not the truth: perm_id 1234567890: expected a record, got none"),
    }


def test_where_the_gateway_is_not_ours_nothing_is_compared(bench: Bench) -> None:
    bench.build()
    with _another_gateway() as (_, port):
        gateways = SIMULATED.replace('"simulator"', f'"address"\nport = {port}')
        seen = bench.run(WRONG, gateways=gateways, isolation="fresh")
    assert {check.status for check in seen.only.checks} == {Status.PASS}


def test_what_a_cell_is_told(bench: Bench) -> None:
    bench.build()
    keeps_job = """
ready()
job = hear()["run"]
with open(os.path.join(job["folder"], "job.json"), "w") as file:
    json.dump(job, file)
passes(job)
done(job)
"""
    seen = bench.run(keeps_job, isolation="fresh")
    folder = bench.folder / "results" / "cells" / seen.only.cell
    job = json.loads((folder / "job.json").read_text("utf-8"))
    assert Path(job.pop("folder")) == folder
    assert job.pop("port") == seen.outcome.gateways[0].port
    assert job == {
        "cell": seen.only.cell,
        "host": "127.0.0.1",
        "client_id": 7300,
        "checks": list(CHECKS[2:]),
        "connect_timeout": 0.3,
        "request_timeout": 5.0,
    }
    assert seen.only.artifacts == tuple(f"cells/{seen.only.cell}/{name}" for name in ("evidence.jsonl", "job.json"))


@LINUX
def test_a_row_that_shares_its_import_has_one_worker_and_a_fresh_one_has_one_a_cell(bench: Bench) -> None:
    counts = "open(sys.argv[0] + '.count', 'a').write(MODE + ' ')\n" + OBEDIENT
    bench.build()
    bench.run(counts, gateways=TWO_GATEWAYS)
    count = bench.folder / "fake_worker.py.count"
    assert count.read_text("utf-8").split() == ["fork"]
    bench.run(counts, gateways=TWO_GATEWAYS, isolation="fresh")
    assert count.read_text("utf-8").split() == ["fork", "once", "once"]


@LINUX
def test_a_row_whose_worker_cannot_share_its_import_has_a_worker_a_cell(bench: Bench) -> None:
    bench.build()
    threaded = """
ready(exclusive=MODE == "fork")
if MODE == "fork":
    sys.exit("2 threads after the import")
job = hear()["run"]
passes(job)
done(job)
"""
    seen = bench.run(threaded, gateways=TWO_GATEWAYS)
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


def test_a_row_that_was_not_built_is_an_error_that_says_how_to_build_it(bench: Bench) -> None:
    bench.build("1")
    seen = bench.run(versions=("1", "2"))
    lost = seen.cells[f"ib_async==2/py{HOST}/gateway-10.45-paper"]
    assert (lost.checks, lost.worker_error) == ((), "its environment was not built; run: nox -s env")
    assert seen.cells[f"ib_async==1/py{HOST}/gateway-10.45-paper"].exit_code == 0


@pytest.mark.parametrize(
    ("log", "reason"), [("no such version\n", "no such version"), ("", "the installer failed without a word")]
)
def test_a_row_that_could_not_be_installed_fails_there_with_the_installers_words(
    bench: Bench, log: str, reason: str
) -> None:
    bench.build("1")
    bench.build("2", installed=False, log=log)
    seen = bench.run(versions=("1", "2"))
    lost = seen.cells[f"ib_async==2/py{HOST}/gateway-10.45-paper"]
    assert lost.checks == (CheckRecord(name="install", status=Status.FAIL, seconds=0.5, reason=reason),)
    assert lost.worker_error is None
    assert json.loads((bench.folder / "results" / lost.artifacts[0]).read_text("utf-8"))["reason"] == reason
    assert seen.cells[f"ib_async==1/py{HOST}/gateway-10.45-paper"].exit_code == 0


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_row_whose_interpreter_is_missing_is_an_error(bench: Bench, isolation: str) -> None:
    bench.build(python=None)
    assert bench.run(isolation=isolation).only.worker_error == f"ib_async==1/py{HOST} has no interpreter"
    bench.build(python=str(bench.folder / "gone"))
    assert "cannot start" in str(bench.run(isolation=isolation).only.worker_error)


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_an_import_that_fails_is_each_cells_last_check(bench: Bench, isolation: str) -> None:
    bench.build()
    failed = {"name": "import", "status": "fail", "reason": "ModuleNotFoundError: No module named 'google'"}
    seen = bench.run(f"ready(**{{'import': {failed!r}}}, announced=None)\nhear()", isolation=isolation)
    assert [(check.name, check.status) for check in seen.only.checks] == [
        ("install", Status.PASS),
        ("import", Status.FAIL),
    ]
    assert (seen.only.exit_code, seen.only.announced, seen.only.worker_error) == (None, None, None)
    lines = (bench.folder / "results" / seen.only.artifacts[0]).read_text("utf-8").splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["install", "import"]


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_worker_that_does_not_start_is_each_cells_error(bench: Bench, isolation: str) -> None:
    bench.build()
    seen = bench.run("sys.exit('bad interpreter')", gateways=TWO_GATEWAYS, isolation=isolation)
    told = "the worker ended before it was ready: bad interpreter"
    assert {cell.worker_error for cell in seen.cells.values()} == {told}
    assert {check.name for cell in seen.cells.values() for check in cell.checks} == {"install"}


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_worker_that_dies_in_a_cell_is_that_cells_error_and_its_evidence_is_kept(
    bench: Bench, isolation: str
) -> None:
    bench.build()
    dies = """
ready()
job = hear()["run"]
write(job, check("tcp"), {"event": "negotiated", "server_version": 178}, {"event": "begin", "name": "version"})
sys.exit("out of memory")
"""
    cell = bench.run(dies, isolation=isolation).only
    assert cell.worker_error == "the worker ended: out of memory"
    assert [check.name for check in cell.checks] == ["install", "import", "tcp"]
    assert (cell.began, cell.negotiated, cell.killed, cell.exit_code) == ("version", 178, False, None)
    assert cell.artifacts


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_a_cell_at_its_deadline_is_killed_and_its_evidence_is_kept(bench: Bench, isolation: str) -> None:
    """The fake takes no order to end a cell, so the whole worker goes."""
    bench.build()
    hangs = """
ready()
job = hear()["run"]
write(job, {"event": "process", "pid": os.getpid()}, check("tcp"), {"event": "begin", "name": "version"})
time.sleep(600)
"""
    cell = bench.run(hangs, isolation=isolation, defaults="cell_deadline = 0.5").only
    assert (cell.killed, cell.began, cell.worker_error, cell.exit_code) == (True, "version", None, None)
    assert [check.name for check in cell.checks] == ["install", "import", "tcp"]
    assert cell.seconds >= 0.5
    first = (bench.folder / "results" / cell.artifacts[0]).read_text("utf-8").splitlines()[0]
    assert gone(json.loads(first)["pid"])


@LINUX
def test_a_cell_that_nothing_can_end_does_not_hold_the_run(bench: Bench) -> None:
    """Such as one in an uninterruptible wait of the system."""
    bench.build()
    bench.monkeypatch.setattr(asking, "KILL_SECONDS", 0.1)
    bench.monkeypatch.setattr(module.Worker, "terminate", lambda _worker: None)
    cell = bench.run("ready()\nwhile hear():\n    pass", defaults="cell_deadline = 0.1").only
    assert (cell.killed, cell.exit_code, cell.worker_error) == (True, None, None)


@LINUX
def test_a_cell_that_is_killed_by_order_has_its_exit_code(bench: Bench) -> None:
    bench.build()
    obeys = """
ready()
job = hear()["run"]
hear()
done(job, -9)
hear()
"""
    cell = bench.run(obeys, defaults="cell_deadline = 0.3").only
    assert (cell.killed, cell.exit_code) == (True, -9)


def test_a_gateway_that_cannot_start_is_its_cells_error_while_the_others_run(bench: Bench) -> None:
    bench.build()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        more = f'[[gateway]]\nproduct = "tws"\nversion = "10.37"\nkind = "simulator"\nport = {port}\n'
        seen = bench.run(gateways=f"{SIMULATED}{more}")
    lost = seen.cells[f"ib_async==1/py{HOST}/tws-10.37-paper"]
    assert str(lost.worker_error).startswith(f"gateway tws-10.37-paper: tws-10.37 cannot listen on 127.0.0.1:{port}")
    assert [check.name for check in lost.checks] == ["install"]
    assert seen.gateways["tws-10.37-paper"].error
    assert seen.cells[f"ib_async==1/py{HOST}/gateway-10.45-paper"].exit_code == 0
    assert [note[:40] for note in seen.recorder.notes] == ["tws-10.37-paper could not be started: tw"]


def test_a_gateways_and_the_plans_concurrency_are_never_exceeded(bench: Bench) -> None:
    versions = [str(number) for number in range(8)]
    for version in versions:
        bench.build(version)
    gateways = TWO_GATEWAYS.replace('kind = "simulator"', 'kind = "simulator"\nconcurrency = 3')
    seen = bench.run(versions=versions, gateways=gateways)
    assert len(seen.cells) == 16
    assert max(seen.recorder.most[name] for name in seen.gateways) == 3
    assert bench.run(versions=versions, gateways=gateways, concurrency=2).recorder.most["all"] == 2


ADDRESS = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "address"
port = {port}
{more}
"""


def test_a_delicate_gateway_is_probed_after_a_cell_that_went_wrong_and_passed_over_when_it_is_wedged(
    bench: Bench,
) -> None:
    """The first cell takes the gateway down: it is a simulator of another process, which the cell kills."""
    for version in ("1", "2", "3"):
        bench.build(version)
    port_file = bench.folder / "port"
    wedges = f"""
ready()
job = hear()["run"]
os.kill(int(open({str(port_file)!r}).read()), 9)
write(job, check("tcp", "fail", reason="it fell over"))
done(job, 1)
"""
    with _another_gateway() as (pid, port):
        port_file.write_text(str(pid), encoding="utf-8")
        gateways = ADDRESS.format(port=port, more="")
        seen = bench.run(wedges, versions=("1", "2", "3"), gateways=gateways, isolation="fresh")
    first, *rest = seen.outcome.outcomes
    assert [check.status for check in first.checks] == [Status.PASS, Status.PASS, Status.FAIL]
    assert len(rest) == 2
    for cell in rest:
        assert str(cell.skipped).startswith(f"the gateway no longer answers the control since {first.cell}: ")
    assert [probe.when for probe in seen.outcome.gateways[0].probes] == ["before", "between", "after"]


@pytest.mark.parametrize(
    ("script", "probes"),
    [
        (OBEDIENT, ["before", "after"]),
        ("ready()\njob = hear()['run']\ntime.sleep(600)", ["before", "between", "after"]),
        ("ready()\nhear()\nsys.exit(1)", ["before", "between", "after"]),
        ("sys.exit(1)", ["before", "after"]),
        ("ready(**{'import': {'name': 'import', 'status': 'fail'}})\nhear()", ["before", "after"]),
    ],
    ids=["passes", "killed", "dies", "does not start", "no import"],
)
def test_a_delicate_gateway_is_probed_between_where_a_cell_may_have_hurt_it(
    bench: Bench, script: str, probes: list[str]
) -> None:
    bench.build()
    with _another_gateway() as (_, port):
        seen = bench.run(
            script,
            gateways=ADDRESS.format(port=port, more=""),
            isolation="fresh",
            defaults="cell_deadline = 0.5",
        )
    assert [probe.when for probe in seen.outcome.gateways[0].probes] == probes


def test_a_gateway_that_shows_another_account_is_not_asked(bench: Bench) -> None:
    bench.build()
    with _another_gateway() as (_, port):
        seen = bench.run(gateways=ADDRESS.format(port=port, more='account = "DF*"'))
    assert "an account that is not DF*" in str(seen.only.skipped)
    assert seen.recorder.notes == [f"gateway-10.45-paper is passed over: {seen.only.skipped}"]


def test_evidence_that_cannot_be_written_is_the_cells_error(bench: Bench) -> None:
    bench.build()
    (bench.folder / "results").write_text("a file where a folder should be", encoding="utf-8")
    assert str(bench.run().only.worker_error).startswith("its evidence cannot be kept: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends on the second Ctrl-C")
@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_repeating_ctrl_c_does_not_cut_the_ending_short(bench: Bench, isolation: str) -> None:
    """The first comes when a cell begins, another whenever a worker is about to be closed."""
    pids: list[int] = []
    close = module.Worker.close

    async def impatient(worker: module.Worker) -> None:
        assert worker._process is not None
        pids.append(worker._process.pid)
        signal.raise_signal(signal.SIGINT)
        await close(worker)

    bench.monkeypatch.setattr(module.Worker, "close", impatient)
    for version in ("1", "2"):
        bench.build(version)
    hangs = "ready()\nhear()\nopen(sys.argv[0] + '.hangs', 'a').write('x')\ntime.sleep(600)"
    recorder = Recorder()
    signalled = bench.folder / "fake_worker.py.hangs"

    def end(_cell: PlannedCell) -> None:
        recorder.started.append("one")
        if len(recorder.started) == 2:
            asyncio.get_running_loop().create_task(once_both_hang())

    async def once_both_hang() -> None:
        await until(lambda: signalled.exists() and signalled.read_text("utf-8") == "xx")
        signal.raise_signal(signal.SIGINT)

    bench.monkeypatch.setattr(recorder, "cell_started", end)
    plan = plan_of(bench.folder, versions=("1", "2"), isolation=isolation)
    bench.monkeypatch.setattr(module, "BOOTSTRAP", bootstrap(bench.folder, hangs))
    outcome = execute(plan, bench.environments, bench.folder / "results", recorder)
    assert outcome.interrupted
    assert outcome.outcomes == ()
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_cells_that_the_plan_skips_are_not_asked(bench: Bench) -> None:
    bench.build("1")
    seen = bench.run(versions=("1", "2"), skipped_rows={f"ib_async==2/py{HOST}": "no Python"})
    assert list(seen.cells) == [f"ib_async==1/py{HOST}/gateway-10.45-paper"]


def test_the_number_of_processors_is_known_on_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert scheduler._cores() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert scheduler._cores() >= 1
