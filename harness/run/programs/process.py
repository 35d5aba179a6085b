"""Starts a program's process, and knows at its end what it took: processor time, and memory on Linux."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from harness.programs.program import Took
from harness.shared.errors import WorkerError

_LOOK_MILLISECONDS = 50
"""How often its memory is looked at, of which nothing is left at its end."""

_KIB = 1024


class ProgramProcess:
    """A process that was started; a thread waits for its end, and reaps it.

    Args:
        words: the command.
        options: those of ``subprocess.Popen``.

    Raises:
        OSError, ValueError: it cannot be started.
    """

    def __init__(self, words: Sequence[str], **options: Any) -> None:
        _let_children_be_waited_for()
        self._process = subprocess.Popen(words, **options)  # noqa: S603 - the words are what the user typed
        self.pid = self._process.pid
        self.returncode: int | None = None
        self.took = Took()
        self._before, self._peak = 0.0, 0
        self._usage: tuple[int, int, Any] | None = None
        self._reaped, self._lock = False, threading.Lock()
        loop = asyncio.get_running_loop()
        self._over: asyncio.Future[int] = loop.create_future()
        threading.Thread(target=self._wait, args=(loop,), daemon=True).start()

    def becomes_the_program(self) -> None:
        """Count from now on: what it took so far was a launcher's."""
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(self.pid).cpu_times()
            self._before = times.user + times.system

    async def wait(self) -> int:
        """Wait for its end; return its exit code, negative for the signal that ended it.

        Raises:
            WorkerError: it cannot be seen, as when somebody else in this process has reaped it.
        """
        return await asyncio.shield(self._over)

    def send_signal(self, number: int) -> None:
        """Signal it, unless it is over."""
        with self._lock:
            if not self._reaped:
                self._process.send_signal(number) if sys.platform == "win32" else os.kill(self.pid, number)

    def kill(self) -> None:
        """End it, unless it is over."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            self.send_signal(signal.SIGKILL)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            code, took = self._reap_windows() if sys.platform == "win32" else self._reap()
        except Exception as problem:  # noqa: BLE001 - whoever waits would wait for ever
            told: tuple[Any, ...] = self._failed, problem
        else:
            told = self._ended, code, took
        with contextlib.suppress(RuntimeError):  # whoever started it is over, too
            loop.call_soon_threadsafe(*told)

    def _failed(self, problem: Exception) -> None:
        self._reaped = isinstance(problem, ChildProcessError)
        if not self._over.done():
            self._over.set_exception(WorkerError(f"nobody can say how the program {self.pid} ended: {problem}"))
            self._over.exception()  # it is no fault if nobody asks

    def _ended(self, code: int, took: Took) -> None:
        self.returncode, self.took = code, took
        if not self._over.done():
            self._over.set_result(code)

    def _reap(self) -> tuple[int, Took]:
        self._watch()
        with self._lock:  # its number is nobody else's until then
            _, status, usage = self._usage or os.wait4(self.pid, 0)
            self._reaped = True
            self._process.returncode = code = os.waitstatus_to_exitcode(status)
        used = max(0.0, usage.ru_utime + usage.ru_stime - self._before)
        return code, Took(cpu_seconds=used, peak_bytes=self._peak or None)

    def _reap_windows(self) -> tuple[int, Took]:
        return self._process.wait(), Took()

    def _watch(self) -> None:
        """Wait for its end, without reaping it; meanwhile look at its memory, where that can be read."""
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                descriptor = os.pidfd_open(self.pid)
                try:
                    waiting = select.poll()
                    waiting.register(descriptor, select.POLLIN)
                    while not waiting.poll(_LOOK_MILLISECONDS):
                        self._peak = _peak_of(self.pid) or self._peak
                finally:
                    os.close(descriptor)
        if hasattr(os, "waitid"):  # macOS got it with Python 3.13; before, its number may be another's for a moment
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._usage = os.wait4(self.pid, 0)


def _let_children_be_waited_for() -> None:
    """Heed the end of children: whoever started us may ignore it, which is inherited, and then no exit code is left."""
    if sys.platform != "win32" and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        with contextlib.suppress(ValueError):  # only the main thread may
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _peak_of(pid: int) -> int:
    """Return the most memory that a process has had since it became what it is, in bytes; 0 if that cannot be read.

    What ``wait4`` says cannot be used: it is that of whoever forked it, if that had more (Linux keeps it over exec).
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * _KIB
    return 0
