"""Ctrl-C and SIGTERM end what runs in an orderly way: whatever was started is taken down."""

from __future__ import annotations

import asyncio
import signal
import sys


def cancelled_on_signals() -> asyncio.Task[object]:
    """End this task on Ctrl-C and on SIGTERM; whoever is impatient and repeats it does not cut the ending short.

    Returns the task that they cancel. Windows has asyncio's own way: the first Ctrl-C cancels, the second raises
    KeyboardInterrupt.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in one
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return task
