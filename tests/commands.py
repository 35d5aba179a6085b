"""How tests start ib-compat's commands as processes of their own.

Python and the imports of a command take half a second of processor time, and tests start hundreds. So commands are
forked from a process that has imported everything: one for each process that runs tests, from its first command on.
What a test starts has its own standard files, folder, environment and exit code, and heeds signals. A test about how
the program starts, about limits that it inherits, or about what other processes see of it, uses `program`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
RELAY = Path(__file__).with_name("command_relay.py")
SOURCES = {"PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
"""The part of `environment` that is not that of the tests: UTF-8, and these sources from whatever folder."""

MEASURED = "COVERAGE_PROCESS_CONFIG"
"""The variable by which coverage is measured in what tests start; a fork would not be."""


def ib_compat(*words: str) -> list[str]:
    """Give what to call for a command; for its environment take `environment`, or it starts as slowly as any Python."""
    if not hasattr(os, "pidfd_open") or MEASURED in os.environ:
        return program(*words)
    return [sys.executable, "-I", "-S", str(RELAY), _server(), *words]


def program(*words: str) -> list[str]:
    """Give what to call for a command that starts as it does for users."""
    return [sys.executable, "-m", "harness", *words]


def environment() -> dict[str, str]:
    """Give the environment of a command."""
    return {**os.environ, **SOURCES}


@cache
def _server() -> str:
    """Start the process to fork from, which ends with this one; give its address."""
    folder = tempfile.mkdtemp(prefix="ib-compat-commands-")
    address = f"{folder}/server"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.command_server", str(listener.fileno())],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    atexit.register(_end, server, folder)
    return address


def _end(server: subprocess.Popen[bytes], folder: str) -> None:
    server.communicate()  # the end of its standard input
    shutil.rmtree(folder)
