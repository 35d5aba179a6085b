"""What the tests of a row's worker share: scripted gateways, rows, and workers that run in the rows' environments."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.limits import PATIENCE
from tests.rows import LibraryRow, library_rows, need_row, parameters
from tests.worker.scripted_gateway import Script, ScriptedGateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOOTSTRAP = Path(__file__).parents[2] / "harness" / "worker" / "bootstrap.py"
ALL_CHECKS = (
    "tcp",
    "version",
    "ready",
    "account_summary",
    "account_updates",
    "account_updates_multi",
    "completed_orders",
    "current_time",
    "executions",
    "open_orders",
    "positions",
    "reconnect",
    "close",
)
"""What the scripted gateway answers."""


WITH_MORE = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("bootstrap", {str(BOOTSTRAP)!r})
bootstrap = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bootstrap)
for name in bootstrap.PACKAGES:
    bootstrap.provide(name)
"""
TO_THE_WORKER = "from harness.worker.process import main\nmain(sys.argv[1:])\n"


def bootstrap_with(before: str, folder: Path) -> Path:
    """Give what starts a worker, after some lines of Python of a test's own where there are any."""
    if not before:
        return BOOTSTRAP
    file = folder / "bootstrap.py"
    file.write_text(f"{WITH_MORE}\n{before}\n{TO_THE_WORKER}", encoding="utf-8")
    return file


class Worker:
    """A worker process, spoken to as the host does."""

    def __init__(self, row: LibraryRow, mode: str, folder: Path, threads: int, before: str) -> None:
        self._folder = folder
        arguments = ["--adapter", row.adapter, "--distribution", row.distribution, "--mode", mode]
        self.process = subprocess.Popen(
            [row.python, "-I", bootstrap_with(before, folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads)},
        )
        self.ready = self.hear()

    def say(self, **order: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def run(self, cell: str, port: int, **changes: Any) -> None:
        job = {
            "cell": cell,
            "host": "127.0.0.1",
            "port": port,
            "client_id": 7301,
            "second_client_id": 7302,
            "simulated": True,
            "turn": 0,
            "orders": False,
            "paper_only": False,
            "checks": list(ALL_CHECKS),
            "connect_timeout": 1.0,
            "request_timeout": 0.5,
            "folder": str(self._folder / cell),
        }
        self.say(run={**job, **changes})

    def wait_for(self, count: int) -> dict[str, dict[str, Any]]:
        """Hear until ``count`` cells are done; gives their done lines."""
        done: dict[str, dict[str, Any]] = {}
        while len(done) < count:
            line = self.hear()
            if line["event"] == "done":
                done[line["cell"]] = line
        return done

    def folder(self, cell: str) -> Path:
        return self._folder / cell

    def evidence(self, cell: str) -> list[dict[str, Any]]:
        path = self._folder / cell / "evidence.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []  # a cell that just started has none yet
        return [json.loads(line) for line in lines]

    def checks(self, cell: str) -> dict[str, dict[str, Any]]:
        return {line["name"]: line for line in self.evidence(cell) if line["event"] == "check"}

    def negotiated(self, cell: str) -> int | None:
        versions = [line["server_version"] for line in self.evidence(cell) if line["event"] == "negotiated"]
        return versions[0] if versions else None

    def output(self, cell: str) -> str:
        return (self._folder / cell / "output.txt").read_text()

    def end(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code


@pytest.fixture(params=parameters(library_rows()) or [None], scope="session")
def row(request: pytest.FixtureRequest) -> LibraryRow:
    """Give each row; skips where there is none."""
    return need_row(request.param)


@pytest.fixture(scope="session")
def some_row() -> LibraryRow:
    """Give one row, for what is the same in all."""
    return need_row(None)


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Worker]]:
    """Give a function that starts a worker in a row, or with ``None`` in this very environment."""
    with contextlib.ExitStack() as ends:

        def start_worker(row: LibraryRow | None, mode: str = "fork", threads: int = 1, before: str = "") -> Worker:
            folder = tmp_path_factory.mktemp("cells")
            here = LibraryRow("ib_async==2.1.0", Path(sys.executable))
            worker = Worker(row or here, mode, folder, threads, before)
            ends.callback(worker.end)
            return worker

        yield start_worker


@pytest.fixture(scope="session")
def gateway() -> Iterator[Callable[..., ScriptedGateway]]:
    """Give a function that starts a gateway with a script's fields."""
    with contextlib.ExitStack() as ends:
        yield lambda **script: ends.enter_context(ScriptedGateway(Script(**script)))
