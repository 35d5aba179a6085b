"""Time and memory of doctor, and of a run of one row, at each hostile server: ``python -m tests.hostile.measure``."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.hostile.servers import SERVERS

_PATIENCE = 40
_LIMIT = 8 * 2**30
ROW = os.environ.get("ROW", "ib_async==2.1.0/py3.11")


@contextmanager
def served(name: str) -> Iterator[int]:
    """Have a server in a process of its own; gives its port."""
    process = subprocess.Popen([sys.executable, "-m", "tests.hostile.servers", name], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def measured(command: Sequence[str]) -> tuple[float, float, int, str]:
    """Return seconds, MiB of the largest process, wait status and what it said."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_LIMIT, _LIMIT))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        while not pid and time.monotonic() - began < _PATIENCE:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            time.sleep(0 if pid else 0.05)
        if not pid:
            os.killpg(process.pid, signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - began
        process.returncode = status
        said.seek(0)
        return took, usage.ru_maxrss / 1024, status, said.read()


def main() -> None:
    """Print a line for each server."""
    for name in sys.argv[2:] or list(SERVERS):
        with served(name) as port, tempfile.TemporaryDirectory() as folder:
            at = f"127.0.0.1:{port}"
            rows = ("--row", ROW, "--environments", os.environ.get("IB_COMPAT_ENVIRONMENTS", ".nox"))
            run = ("run", "--gateway", at, *rows, "--results", folder)
            asked = ("doctor", at) if sys.argv[1] == "doctor" else run
            took, room, status, said = measured((sys.executable, "-m", "harness", *asked))
            files = [each for each in Path(folder).rglob("*") if each.is_file() and not each.is_symlink()]
            written = sum(each.stat().st_size for each in files) / 2**20
            print(f"{name}: {took:.1f} s, {room:.0f} MiB, status {status}, {written:.1f} MiB written")  # noqa: T201
            print("    " + "\n    ".join(said.splitlines()[: int(os.environ.get("LINES_SHOWN", "6"))]))  # noqa: T201


if __name__ == "__main__":
    main()
