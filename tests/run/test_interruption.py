"""Runs that somebody ends: what is finished is kept, and nothing is left running."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.plan.matrix.environments import RowEnvironment
from harness.results.results_files import read_left
from harness.results.results_model import Results, Unfinished
from harness.results.run_folder import find_run
from harness.results.run_standing import how_far
from harness.results.transcript_file import FILE, read_transcript
from harness.shared.errors import ExitCode
from harness.shared.status import Status
from harness.wire.transcript import Transcript
from tests.commands import environment, ib_compat, program
from tests.diagnose.control.listeners import Listener, listening
from tests.gateways.simulator.talk import run, until
from tests.run.real import MARK, ROWS, answers_the_control_only, folder_of, left_of, matrix

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")]

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

Start = Callable[..., list[str]]


class Interrupted:
    """Runs the program on a healthy gateway and one that answers the control alone, and ends it in the middle.

    The program is forked, unless a test is about what the system does to it or to what it writes.

    By `os.kill`: a process's own ``send_signal`` looks whether it has ended, and may take its exit code from asyncio.
    """

    def __init__(self, folder: Path, environments: Path) -> None:
        self.folder = folder
        self.environments = environments
        self.mark = secrets.token_hex(8)

    def words(self, file: Path, started: Start = ib_compat) -> list[str]:
        """Give the command that runs a matrix file."""
        return started(
            *("run", "--no-build", "--matrix", str(file)),
            *("--environments", str(self.environments), "--results", str(self.folder / "results")),
        )

    async def start(self, port: int, isolation: str, options: Sequence[str], started: Start) -> Process:
        defaults = f'connect_timeout = 240\ncell_deadline = 300\nisolation = "{isolation}"'
        file = matrix(self.folder, GATEWAYS.format(port=port), defaults)
        return await asyncio.create_subprocess_exec(
            *(*self.words(file, started), *options),
            stdout=PIPE,
            stderr=PIPE,
            env={**environment(), MARK: self.mark},
        )

    def end(
        self,
        how: Callable[[Process], Awaitable[object]],
        isolation: str = "auto",
        options: Sequence[str] = (),
        started: Start = ib_compat,
    ) -> tuple[int, str]:
        """End the program once the healthy cells are done and the others hang; return exit code and what it said."""

        async def scenario() -> tuple[int, str]:
            async with listening(answers_the_control_only) as listener:
                process = await self.start(listener.port, isolation, options, started)
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

    def left(self) -> Results:
        """Give what the journal has, or the results where the program came to write them."""
        return read_left(find_run(self.folder / "results"))

    def kept_what_was_finished(self) -> None:
        results = self.left()
        statuses = {name: cell.status for name, cell in results.cells.items()}
        assert len(statuses) == 2 * len(ROWS)
        for name, status in statuses.items():
            assert status is (Status.PASS if "gateway-10.45" in name else Status.NOT_RUN), name

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
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_at_once_and_keeps_what_is_finished(
    interrupted: Interrupted, number: signal.Signals, isolation: str
) -> None:
    async def send(process: Process) -> None:
        os.kill(process.pid, number)

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


@pytest.mark.parametrize("isolation", ["auto", "fresh"])
def test_when_the_program_itself_is_killed_its_workers_end_by_themselves(
    interrupted: Interrupted, isolation: str
) -> None:
    async def murder(process: Process) -> None:
        process.kill()

    code, _ = interrupted.end(murder, isolation, started=program)
    assert code == -signal.SIGKILL
    interrupted.kept_what_was_finished()
    told = interrupted.left()
    assert told.run.unfinished is Unfinished.DIED
    assert how_far(told.run) == f"{len(ROWS)} of {2 * len(ROWS)}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_is_impatient_loses_nothing(interrupted: Interrupted, number: signal.Signals) -> None:
    async def again_and_again(process: Process) -> None:
        while process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)
            await asyncio.wait({asyncio.create_task(process.wait())}, timeout=0.02)

    code, said = interrupted.end(again_and_again)
    assert code in {ExitCode.INTERRUPTED, -number}, "all is written when the program stops to listen"
    assert "Traceback" not in said
    assert interrupted.results()["run"]["interrupted"] is True
    interrupted.kept_what_was_finished()


def test_a_run_ends_with_the_process_that_it_was_given(interrupted: Interrupted) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:

        async def orphan(process: Process) -> None:
            del process
            owner.kill()

        code, _ = interrupted.end(orphan, options=("--ends-with", str(owner.pid)))
    assert code == ExitCode.INTERRUPTED
    interrupted.kept_what_was_finished()


@pytest.mark.parametrize("ends", ['exec "$@" >&- 2>&-', '"$@" 2>&1 >&2 | :'], ids=["closed", "unread"])
def test_that_nobody_reads_what_it_says_does_not_end_a_run(interrupted: Interrupted, ends: str) -> None:
    file = matrix(interrupted.folder, GATEWAYS.partition('[[gateway]]\nproduct = "tws"')[0])
    words = interrupted.words(file, program)
    code = ["bash", "-c", f"set -o pipefail; {ends}", "bash", *words]
    ended = subprocess.run(code, capture_output=True, check=False, timeout=300)
    assert ended.returncode == ExitCode.AS_EXPECTED, ended
    assert interrupted.results()["run"]["counts"] == {"pass": len(ROWS)}
