"""Implements mode ``fork``: each cell is a forked child of one process that imported the library once.

The process has one thread and waits in one place, for jobs on standard input and for signals; children run side by
side. Its caller should set ``OPENBLAS_NUM_THREADS=1``: numpy, which ib_insync and ib_async import, would
otherwise start threads, and forking with threads is not safe.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import time
import traceback
from typing import TYPE_CHECKING, Any

from harness.checks.check import JOB_NOT_UNDERSTOOD, WORKER_FAILED
from harness.checks.resources import RSS_UNIT
from harness.worker.cell import run_here
from harness.worker.channel import STDIN, flush_output
from harness.worker.job import Job, JobError, read_job

if TYPE_CHECKING:
    from harness.worker.channel import Channel
    from harness.worker.library import Library

ENDING = (signal.SIGTERM, signal.SIGINT)
"""Signals that end the worker and with it every cell."""

END_SECONDS = 1.0
"""Seconds to wait for killed cells at the end; the host ends this process if it takes longer."""

ASK_SECONDS = 0.002

CHUNK = 65536
_UNKNOWN = WORKER_FAILED << 8
"""As the system would give it: the status of a child that something else has asked after."""

SIGNAL_EXIT = 128
"""Added to a signal's number it makes the exit code, as shells do."""


class ForkServer:
    """Starts, kills and reaps the cells of a row."""

    def __init__(self, library: Library, channel: Channel) -> None:
        self._library = library
        self._channel = channel
        self._pids: dict[str, int] = {}
        self._cells: dict[int, str] = {}
        self._unread = b""
        self._selector = selectors.DefaultSelector()
        self._wakeup, self._signalled = socket.socketpair()

    def serve(self) -> int:
        """Serve until standard input ends, nobody reads the output, or a signal ends it; return the exit code."""
        self._prepare()
        code = None
        try:
            while code is None:
                code = self._turn()
        except BrokenPipeError:  # the host is gone
            return WORKER_FAILED
        finally:
            self._end_all()
            self._stop_listening()
        return code

    def _turn(self) -> int | None:
        ready = [key.fd for key, _ in self._selector.select()]
        code = self._on_signals() if self._wakeup.fileno() in ready else None
        return self._on_orders() if code is None and STDIN in ready else code

    def _prepare(self) -> None:
        os.set_blocking(self._wakeup.fileno(), False)
        os.set_blocking(self._signalled.fileno(), False)
        for number in (signal.SIGCHLD, *ENDING):
            signal.signal(number, _ignore)  # else no byte would be written to the wakeup socket
        signal.set_wakeup_fd(self._signalled.fileno(), warn_on_full_buffer=False)
        self._selector.register(STDIN, selectors.EVENT_READ)
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        gc.freeze()  # a collection in a child would otherwise copy every page of the library

    def _on_signals(self) -> int | None:
        numbers = self._wakeup.recv(CHUNK)
        self._reap()
        ending = [number for number in numbers if number in ENDING]
        return SIGNAL_EXIT + ending[0] if ending else None

    def _on_orders(self) -> int | None:
        chunk = os.read(STDIN, CHUNK)
        if not chunk:
            return 0
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        for line in lines:
            self._obey(line)
        return None

    def _obey(self, line: bytes) -> None:
        cell = None
        try:
            order = json.loads(line)
            if isinstance(order, dict) and order.keys() == {"kill"}:
                self._kill(order["kill"])
                return
            if not isinstance(order, dict) or order.keys() != {"run"}:
                raise JobError(f'expected {{"run": <job>}} or {{"kill": <cell>}}, not {order!r}')
            cell = order["run"].get("cell") if isinstance(order["run"], dict) else None
            self._start(read_job(order["run"]))
        except ValueError as error:
            self._say_done(cell, JOB_NOT_UNDERSTOOD, 0.0, 0, reason=str(error))

    def _kill(self, cell: Any) -> None:
        if not isinstance(cell, str):
            raise JobError(f"kill: {cell!r} is not a cell id")
        pid = self._pids.get(cell)
        if pid is not None:  # else it ended while the order came
            with contextlib.suppress(OSError):  # a process of another user, by a library's own doing
                os.kill(pid, signal.SIGKILL)

    def _start(self, job: Job) -> None:
        if job.cell in self._pids:
            raise JobError(f"cell {job.cell!r} is running already")
        flush_output()
        try:
            pid = os.fork()
        except OSError as error:  # the system has no more processes or memory
            self._say_done(job.cell, WORKER_FAILED, 0.0, 0, no_process=str(error))
            return
        if pid == 0:
            self._be_child(job)
        self._pids[job.cell] = pid
        self._cells[pid] = job.cell
        self._channel.say("started", cell=job.cell, pid=pid)

    def _be_child(self, job: Job) -> None:
        code = WORKER_FAILED
        try:
            self._let_go()
            code = run_here(job, self._library)
        except BaseException:  # noqa: BLE001 - a child must never go on as its parent
            traceback.print_exc()
        finally:
            os._exit(code)

    def _let_go(self) -> None:
        for number in (signal.SIGCHLD, *ENDING):
            signal.signal(number, signal.SIG_DFL)
        self._stop_listening()
        self._channel.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, STDIN)
        os.close(nothing)

    def _stop_listening(self) -> None:
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._wakeup.close()
        self._signalled.close()

    def _reap(self) -> None:
        """Report the cells that ended. Other children are not waited for: an import may have left some."""
        for pid in list(self._cells):
            try:
                ended, status, usage = os.wait4(pid, os.WNOHANG)
            except ChildProcessError:  # something in this process asked after it before us
                ended, status, usage = pid, _UNKNOWN, None
            if ended:
                self._say_ended(pid, status, usage)

    def _end_all(self) -> None:
        """Kill every cell and wait for it, for some time: one that hangs in the system's own code may not end."""
        for pid in self._cells:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + END_SECONDS
        while self._cells and time.monotonic() < until:
            with contextlib.suppress(BrokenPipeError):  # the host may be gone; the children are to go all the same
                self._reap()
            time.sleep(ASK_SECONDS)

    def _say_ended(self, pid: int, status: int, usage: Any) -> None:
        cell = self._cells.pop(pid)
        del self._pids[cell]
        spent = usage.ru_utime + usage.ru_stime if usage else 0.0
        peak = usage.ru_maxrss * RSS_UNIT if usage else 0
        self._say_done(cell, os.waitstatus_to_exitcode(status), spent, peak)

    def _say_done(self, cell: str | None, code: int, spent: float, peak: int, **more: str) -> None:
        self._channel.say("done", cell=cell, exit=code, cpu_seconds=spent, max_rss_bytes=peak, **more)


def _ignore(_number: int, _frame: object) -> None:
    """Do nothing: the signal's number is on the wakeup socket."""
