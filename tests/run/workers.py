"""Worker processes of scripts, started and closed by tests."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.run import worker_process as module
from harness.run.worker_process import Worker
from harness.shared.errors import WorkerError
from tests.gateways.simulator.talk import run
from tests.run.fakes import bootstrap, gone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
