"""The worker's protocol: what it hears, what it says, and that nothing outlives it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.limits import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rows import LibraryRow

MANY = 100

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture
def bare(start: Callable[..., Any]) -> Any:
    """Give a worker whose import fails, because the library is not in this environment."""
    return start(None)


def test_a_failed_import_is_told_at_once_and_in_every_cell(bare: Any) -> None:
    assert bare.ready["import"]["status"] == "fail"
    assert bare.ready["import"]["reason"] == "ModuleNotFoundError: No module named 'ib_async'"
    assert bare.ready["announced"] is None
    bare.run("a", 4002)
    assert bare.wait_for(1)["a"]["exit"] == 1
    first, last = bare.evidence("a")
    assert (first["name"], first["status"], last) == ("import", "fail", {"event": "end"})


def test_many_cells_run_at_once(bare: Any) -> None:
    for number in range(MANY):
        bare.run(f"cell {number}", 4002)
    done = bare.wait_for(MANY)
    assert {line["exit"] for line in done.values()} == {1}
    assert all(line["max_rss_bytes"] > 0 and line["cpu_seconds"] >= 0 for line in done.values())


LEFT_BY_THE_IMPORT = """
import os, subprocess
left = subprocess.Popen([sys.executable, "-c", "pass"])
os.waitid(os.P_PID, left.pid, os.WEXITED | os.WNOWAIT)
"""


def test_a_child_that_the_import_left_ends_no_worker(start: Callable[..., Any]) -> None:
    worker = start(None, before=LEFT_BY_THE_IMPORT)
    for cell in ("a", "b"):
        worker.run(cell, 4002)
        assert worker.wait_for(1)[cell]["exit"] == 1


NO_FORK_AT_FIRST = """
import os
fork, refused = os.fork, []

def fork_at_last():
    if not refused:
        refused.append(True)
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()

os.fork = fork_at_last
"""


def test_a_fork_that_the_machine_refuses_is_told_of_its_cell_and_the_next_one_runs(start: Callable[..., Any]) -> None:
    worker = start(None, before=NO_FORK_AT_FIRST)
    worker.run("a", 4002)
    line = worker.hear()
    assert (line["event"], line["cell"], line["no_process"]) == (
        "done",
        "a",
        "[Errno 11] Resource temporarily unavailable",
    )
    worker.run("b", 4002)
    assert worker.wait_for(1)["b"]["exit"] == 1


def test_a_job_that_is_not_understood_says_why(bare: Any) -> None:
    bare.run("a", 0)
    line = bare.hear()
    assert (line["event"], line["cell"], line["exit"]) == ("done", "a", 2)
    assert line["reason"] == "job: port is 0, expected a whole number from 1 to 65535"


@pytest.mark.parametrize("order", [{"walk": 1}, {"kill": 5}, {"run": []}])
def test_an_order_that_is_not_understood_does_not_end_the_worker(bare: Any, order: dict[str, Any]) -> None:
    bare.say(**order)
    assert bare.hear()["exit"] == 2
    bare.say(kill="unknown")
    bare.run("a", 4002)
    assert bare.wait_for(1)["a"]["exit"] == 1


def test_once_runs_one_job_and_ends_with_its_code(start: Callable[..., Any]) -> None:
    worker = start(None, mode="once")
    worker.run("a", 4002)
    assert worker.wait_for(1)["a"]["exit"] == 1
    assert worker.end() == 1


def test_once_ends_when_no_job_comes(start: Callable[..., Any]) -> None:
    assert start(None, mode="once").end() == 0


@pytest.fixture(scope="module")
def silent_port(gateway: Callable[..., Any]) -> int:
    port: int = gateway(on_hello="silence").port
    return port


def test_once_ends_with_its_host_though_its_job_hangs(
    some_row: LibraryRow, start: Callable[..., Any], silent_port: int
) -> None:
    worker = start(some_row, mode="once")
    worker.run("a", silent_port, connect_timeout=600.0)
    assert worker.hear()["event"] == "started"
    assert worker.end() == 3


class TestHangingCells:
    """Cells that wait for a silent gateway far longer than a test."""

    @pytest.fixture
    def hanging(self, some_row: LibraryRow, start: Callable[..., Any], silent_port: int) -> Any:
        return self.hang(start(some_row), silent_port)

    def hang(self, worker: Any, port: int) -> Any:
        for cell in ("a", "b"):
            worker.run(cell, port, connect_timeout=600.0)
        worker.pids = [worker.hear()["pid"] for _ in range(2)]
        return worker

    def test_a_killed_cell_tells_where_it_hung(
        self, row: LibraryRow, start: Callable[..., Any], silent_port: int
    ) -> None:
        hanging = self.hang(start(row), silent_port)
        self.wait_until_it_hangs(hanging, "a")
        hanging.say(kill="a")
        line = hanging.hear()
        assert (line["cell"], line["exit"]) == ("a", -signal.SIGKILL)
        last = hanging.evidence("a")[-1]
        assert (last["event"], last["name"]) == ("begin", "version")
        assert time.time() - 600 < last["at"] <= time.time()

    def test_the_end_of_input_ends_every_cell(self, hanging: Any) -> None:
        assert hanging.end() == 0
        assert self.alive(hanging) == []

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_every_cell(self, hanging: Any, number: signal.Signals) -> None:
        hanging.process.send_signal(number)
        assert hanging.process.wait(PATIENCE) == 128 + number
        assert self.alive(hanging) == []

    def test_a_host_that_is_gone_ends_every_cell(self, hanging: Any) -> None:
        hanging.process.stdout.close()
        hanging.say(kill="a")
        assert hanging.process.wait(PATIENCE) == 3
        assert self.alive(hanging) == []

    def test_a_cell_does_not_run_twice_at_once(self, hanging: Any) -> None:
        hanging.run("a", 4002)
        line = hanging.hear()
        assert (line["exit"], line["reason"]) == (2, "cell 'a' is running already")

    @staticmethod
    def alive(worker: Any) -> list[int]:
        return [pid for pid in worker.pids if Path(f"/proc/{pid}").exists()]

    @staticmethod
    def wait_until_it_hangs(worker: Any, cell: str) -> None:
        deadline = time.monotonic() + 10
        while "version" not in [line.get("name") for line in worker.evidence(cell)]:
            assert time.monotonic() < deadline
            os.sched_yield()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_worker_that_forks_has_one_thread(row: LibraryRow, start: Callable[..., Any]) -> None:
    worker = start(row)
    assert worker.ready["exclusive"] is False
    assert len(list(Path(f"/proc/{worker.process.pid}/task").iterdir())) == 1


def test_a_worker_whose_import_left_threads_runs_one_cell_itself(row: LibraryRow, start: Callable[..., Any]) -> None:
    worker = start(row, threads=2)
    if "numpy" not in worker.ready["resolved"]["requirements"]:
        pytest.skip("only numpy starts threads at import")
    assert worker.ready["exclusive"] is True
    worker.run("a", 1)
    assert worker.wait_for(1)["a"]["exit"] == 1
    assert list(worker.checks("a")) == ["tcp"]


def test_once_is_exclusive(start: Callable[..., Any]) -> None:
    assert start(None, mode="once").ready["exclusive"] is True
