"""Processes of programs: their ends are seen, whoever started ib-compat."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from harness.run.programs.process import ProgramProcess
from harness.shared.errors import WorkerError
from tests.limits import PATIENCE

_WAITS = """
import asyncio, signal, sys
from harness.run.programs.process import ProgramProcess

signal.signal(signal.SIGCHLD, signal.SIG_IGN)

async def code():
    return await asyncio.wait_for(ProgramProcess([sys.executable, "-c", "raise SystemExit(3)"]).wait(), 20)

print(asyncio.run(code()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGCHLD")
def test_the_end_is_seen_also_where_whoever_started_us_ignores_the_end_of_children() -> None:
    ran = subprocess.run([sys.executable, "-c", _WAITS], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, "3\n"), ran.stderr


def test_whoever_waits_is_told_what_kept_us_from_seeing_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(process: ProgramProcess) -> None:
        process._process.wait()
        raise ChildProcessError("No child processes")

    monkeypatch.setattr(ProgramProcess, "_reap", fail)
    monkeypatch.setattr(ProgramProcess, "_reap_windows", fail)

    async def code() -> int:
        return await asyncio.wait_for(ProgramProcess([sys.executable, "-c", ""]).wait(), PATIENCE)

    with pytest.raises(WorkerError, match="No child"):
        asyncio.run(code())
