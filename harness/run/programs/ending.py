"""Ends a program that somebody tries, and all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence

import psutil

from harness.run.programs.process import ProgramProcess

MARK = "IB_COMPAT_PROGRAM"
"""Variable by which the processes of a program are known, also those that left its session."""

PATIENCE_SECONDS = 5.0
"""How long what a program left may take to be gone."""


async def end(process: ProgramProcess, stop: Sequence[tuple[str, float]]) -> None:
    """Ask a program to end by signals, each with the seconds that it has then; at last kill it."""
    for name, patience in stop:
        if process.returncode is None:
            _signal(process, name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _signal(process: ProgramProcess, name: str) -> None:
    """Signal the program's session; Windows has but one way to ask, whatever the name."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(process.pid, signal.Signals[name])


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
