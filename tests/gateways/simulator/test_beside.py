"""``ib-compat simulate -- COMMAND``: a program runs beside a simulated gateway, which ends with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from harness.shared.errors import ExitCode
from tests.commands import environment, ib_compat, program
from tests.limits import PATIENCE
from tests.run.programs.bots import write_bot

pytestmark = pytest.mark.slow

SIMULATE = ("simulate", "--port", "0", "--quiet", "--gateway", "10.45", "--")


def beside(*command: str) -> subprocess.CompletedProcess[str]:
    words, told = ib_compat(*SIMULATE, *command), environment()
    return subprocess.run(words, env=told, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize(("name", "words"), [("is_told_where", ["{host}", "{port}"]), ("reads_where", [])])
def test_the_program_is_told_the_address_and_what_it_asked_is_said(name: str, words: list[str], tmp_path: Path) -> None:
    done = beside(sys.executable, str(write_bot(tmp_path, name)), *words)
    assert done.returncode == 0
    assert done.stdout == ""
    said = done.stderr.splitlines()
    assert any("client 7" in line and "187" in line for line in said)
    assert any(line.split() == ["req_positions", "1", "answered"] for line in said)


def test_its_exit_code_is_passed_on() -> None:
    assert beside(sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_a_command_that_is_not_there_is_wrong_use() -> None:
    done = beside("no-such-command")
    assert done.returncode == ExitCode.WRONG_USE
    assert "no-such-command" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process alone")
def test_it_ends_with_the_gateway_if_the_user_ends_that() -> None:
    ready = "print('ready', flush=True); import time; time.sleep(600)"
    with subprocess.Popen(
        program(*SIMULATE, sys.executable, "-c", ready), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        children = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)  # first, for it passes on how its program ended if that ends before
        for each in children:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGINT)  # as a terminal does
        process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED
    assert children
    assert not any(each.is_running() for each in children)
