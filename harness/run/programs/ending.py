"""Ends a program that somebody tries, and all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process

import psutil

MARK = "IB_COMPAT_PROGRAM"
"""Variable by which the processes of a program are known, also those that left its session."""

PATIENCE_SECONDS = 5.0
"""How long a program may take to end after it was asked to."""


async def end(process: Process) -> None:
    """Ask a program to end as Ctrl-C does, then as the system does, then end it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if process.returncode is None:
            _signal(process, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _signal(process: Process, number: signal.Signals) -> None:
    """Signal the program's session; Windows has but one way to ask."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(process.pid, number)


def end_left(mark: str, session: int | None = None) -> int:
    """End the processes that a program left behind; return how many there were.

    Args:
        mark: what its processes have in their environment, unless they dropped it.
        session: the number of the program, of whose session its processes are, unless they left it.
    """
    processes = psutil.process_iter(["environ"])
    left = [
        each
        for each in processes
        if (each.info["environ"] or {}).get(MARK) == mark or (session is not None and _session_of(each.pid) == session)
    ]
    for each in left:
        with contextlib.suppress(psutil.Error):
            each.kill()
    psutil.wait_procs(left, timeout=PATIENCE_SECONDS)
    return len(left)


def _session_of(process: int) -> int | None:
    """Return of which session a process is; Windows has none."""
    if sys.platform == "win32":
        return None
    with contextlib.suppress(ProcessLookupError, PermissionError):
        return os.getsid(process)
    return None
