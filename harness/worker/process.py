"""Runs a row's worker: imports the library, reports that, and runs cells.

Mode ``once`` is here too: this process runs one job itself. It serves systems without fork, and rows that must start
fresh for each cell.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.checks.check import EVERY_CHECK_PASSED, JOB_NOT_UNDERSTOOD, WORKER_FAILED
from harness.checks.resources import peak_memory
from harness.shared.moments import zone_data
from harness.worker.cell import run_here
from harness.worker.channel import Channel, flush_output
from harness.worker.job import Job, JobError, read_job
from harness.worker.library import import_library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from harness.worker.library import Library

MODES = ("fork", "once")
TASKS = Path("/proc/self/task")
"""Linux lists a process's threads here, those that C code started too."""


def main(arguments: Sequence[str]) -> NoReturn:
    """Run the worker and end the process.

    ``exclusive`` in the ready line says that its import cannot be shared: it runs one cell itself and ends with its
    exit code. This applies in mode ``once``, and in mode ``fork`` if the system cannot fork or the import left threads.
    """
    options = _read_options(arguments)
    channel = Channel()
    library = import_library(options.adapter, options.distribution)
    exclusive = options.mode == "once" or not can_fork()
    channel.say(
        "ready",
        pid=os.getpid(),
        announced=library.announced,
        resolved=library.resolved,
        python=platform.python_version(),
        zone_data=zone_data(),
        exclusive=exclusive,
        **{"import": library.check.as_json()},
    )
    code = serve_once(library, channel) if exclusive else _serve_forking(library, channel)
    flush_output()
    # not sys.exit: a thread that the library left would keep the process
    os._exit(code)


def can_fork() -> bool:
    """Return whether cells can be forked children of this process: it must be able to, and have one thread.

    A child has only the thread that forked it; locks that other threads held stay locked in it forever.
    """
    threads = len(list(TASKS.iterdir())) if TASKS.is_dir() else threading.active_count()
    return hasattr(os, "fork") and threads == 1


def _serve_forking(library: Library, channel: Channel) -> int:
    from harness.worker.forking import ForkServer  # noqa: PLC0415 - not on every system

    return ForkServer(library, channel).serve()


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__)
    parser.add_argument("--adapter", required=True, help="ib_async, ib_insync or ibapi")
    parser.add_argument("--distribution", required=True, help="name that the library was installed under")
    parser.add_argument("--mode", required=True, choices=MODES)
    return parser.parse_args(arguments)


def serve_once(library: Library, channel: Channel) -> int:
    """Wait for a job on standard input, run it, and give its exit code; 0 if the input ends without one."""
    line = sys.stdin.buffer.readline()
    if not line:
        return EVERY_CHECK_PASSED
    try:
        job = _read(line)
    except ValueError as error:
        channel.say("done", cell=None, exit=JOB_NOT_UNDERSTOOD, reason=str(error), **_spent())
        return JOB_NOT_UNDERSTOOD
    channel.say("started", cell=job.cell, pid=os.getpid())
    finished = threading.Event()
    _end_with_the_host(finished)
    code = run_here(job, library)
    finished.set()
    channel.say("done", cell=job.cell, exit=code, **_spent())
    return code


def _end_with_the_host(finished: threading.Event) -> None:
    """End this process if its input ends before its job: a host that was killed can no longer do it."""

    def watch() -> None:
        sys.stdin.buffer.read()
        if not finished.is_set():
            os._exit(WORKER_FAILED)

    threading.Thread(target=watch, name="ends with the host", daemon=True).start()


def _read(line: bytes) -> Job:
    order = json.loads(line)
    if not isinstance(order, dict) or order.keys() != {"run"}:
        raise JobError(f'expected {{"run": <job>}}, not {order!r}')
    return read_job(order["run"])


def _spent() -> dict[str, Any]:
    """Return what this process has used so far, its imports included."""
    return {"cpu_seconds": time.process_time(), "max_rss_bytes": peak_memory() or 0}
