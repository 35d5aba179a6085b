"""Mode ``once``: this process runs one job itself. For systems without fork, and where a row must start fresh."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from harness.checks.outcome import EVERY_CHECK_PASSED, JOB_NOT_UNDERSTOOD, WORKER_FAILED
from harness.checks.resources import peak_memory
from harness.worker.job import Job, JobError, read_job
from harness.worker.single import run_here

if TYPE_CHECKING:
    from harness.worker.channel import Channel
    from harness.worker.library import Library


def serve_once(library: Library, channel: Channel) -> int:
    """Wait for a job on standard input, run it, and give its exit code; 0 where the input ends without one."""
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
    """End this process where its input ends before its job: a host that was killed can no longer do it."""

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
    """Give what this process used so far, its imports included."""
    return {"cpu_seconds": time.process_time(), "max_rss_bytes": peak_memory() or 0}
