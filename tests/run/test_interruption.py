"""Runs that somebody ends: what is finished is kept, and nothing is left running."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ExitCode
from harness.matrix.environments import RowEnvironment
from harness.tap import FILE, Transcript, read_transcript
from tests.control.listeners import Listener, listening
from tests.run.real import MARK, ROWS, answers_the_control_only, folder_of, left_of, matrix
from tests.simulator.talk import run, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

GATEWAYS = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"

[[gateway]]
product = "tws"
version = "10.45"
kind = "address"
port = {port}
concurrency = 24
"""


class Interrupted:
    """Runs the program on a healthy gateway and one that answers the control alone, and ends it in the middle."""

    def __init__(self, folder: Path, environments: Path) -> None:
        self.folder = folder
        self.environments = environments
        self.mark = secrets.token_hex(8)

    async def start(self, port: int, isolation: str) -> Process:
        defaults = f'connect_timeout = 30\ncell_deadline = 60\nisolation = "{isolation}"'
        file = matrix(self.folder, GATEWAYS.format(port=port), defaults)
        options = [
            *("--matrix", str(file), "--environments", str(self.environments)),
            *("--results", str(self.folder / "results")),
        ]
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "harness", "run", *options),
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, MARK: self.mark},
        )

    def end(self, how: Callable[[Process], Awaitable[object]], isolation: str = "auto") -> tuple[int, str]:
        """End the program once the healthy cells are done and the others hang; return exit code and what it said."""

        async def scenario() -> tuple[int, str]:
            async with listening(answers_the_control_only) as listener:
                process = await self.start(listener.port, isolation)
                said = await self._in_the_middle(process, listener)
                await how(process)
                out, rest = await process.communicate()
                assert process.returncode is not None
                await until(lambda: not left_of(self.mark))
                return process.returncode, (said + rest + out).decode()

        return run(scenario())

    async def _in_the_middle(self, process: Process, listener: Listener) -> bytes:
        assert process.stderr is not None
        said = b""
        while said.count(b"\n[") < len(ROWS):
            line = await process.stderr.readline()
            assert line, said
            said += line
        await until(lambda: listener.open == len(ROWS))
        return said

    def results(self) -> dict[str, Any]:
        text = (self.folder / "results" / "latest" / "results.json").read_text("utf-8")
        document: dict[str, Any] = json.loads(text)
        return document

    def transcript(self, cell: str) -> Transcript:
        return read_transcript(self.folder / "results" / "latest" / "cells" / cell / FILE)


@pytest.fixture
def interrupted(tmp_path: Path, environments: dict[str, RowEnvironment]) -> Interrupted:
    return Interrupted(tmp_path, folder_of(environments))


@pytest.mark.parametrize("isolation", ["auto", "fresh"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_at_once_and_keeps_what_is_finished(
    interrupted: Interrupted, number: signal.Signals, isolation: str
) -> None:
    async def send(process: Process) -> None:
        process.send_signal(number)

    code, said = interrupted.end(send, isolation)
    assert code == ExitCode.INTERRUPTED
    assert "Traceback" not in said
    results = interrupted.results()
    assert results["run"]["interrupted"] is True
    statuses = {name: cell["status"] for name, cell in results["cells"].items()}
    assert len(statuses) == 2 * len(ROWS)
    for name, status in statuses.items():
        assert status == ("pass" if "gateway-10.45" in name else "not-run"), name
        assert interrupted.transcript(name).entries, name


def test_when_the_program_itself_is_killed_its_workers_end_by_themselves(interrupted: Interrupted) -> None:
    async def murder(process: Process) -> None:
        process.kill()

    code, _ = interrupted.end(murder)
    assert code == -signal.SIGKILL
