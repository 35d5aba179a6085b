"""Runs a row's worker process from the host, with JSON lines both ways, as ``docs/architecture.md`` specifies them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from harness.run.ready_line import Ready, read_ready
from harness.shared import untrusted
from harness.shared.errors import WorkerError

BOOTSTRAP = Path(__file__).parents[1] / "worker" / "bootstrap.py"
START_SECONDS = 60.0
"""How long a library's import may take before the worker is given up."""

CLOSE_SECONDS = 2.0
"""How long a worker may take to end its children once its input is closed."""

COMPLAINT_SECONDS = 1.0
"""How long to wait for the end of a dead worker's standard error: something it started may hold it open."""

EXIT_SECONDS = 1.0
"""How long a worker that closed its standard output may take to end."""

GONE_SECONDS = 5.0
"""How long a worker that was killed may take to go."""

_LOOK_SECONDS = 0.005
_LINE_LIMIT = 4 * 1024 * 1024
_STDERR_KEPT = 4000
_QUOTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a cell's process ended; a negative exit code is the signal that ended it."""

    exit_code: int
    cpu_seconds: float | None = None
    max_rss_bytes: int | None = None


class Worker:
    """One worker process; it takes jobs once :meth:`start` has returned.

    Args:
        python: the row's interpreter.
        adapter: name of the adapter that wraps the library.
        distribution: name of the installed distribution, such as ``nautilus-ibapi``.
        mode: ``fork`` for many jobs, each in a child; ``once`` for one job.
        timezone: IANA name of the zone in which it runs; ``None`` for this computer's.
    """

    def __init__(
        self, *, python: Path, adapter: str, distribution: str, mode: str, timezone: str | None = None
    ) -> None:
        self._command = [
            *(str(python), "-I", str(BOOTSTRAP)),
            *("--adapter", adapter, "--distribution", distribution, "--mode", mode),
        ]
        self._mode = mode
        self._timezone = timezone
        self._process: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None
        self._complaints: asyncio.Task[None] | None = None
        self._complained = b""
        self._waiting: dict[str, asyncio.Future[Done]] = {}
        self._at_work: set[str] = set()
        self._pids: dict[str, int] = {}
        self._ended: str | None = None
        self._ready: Ready | None = None

    async def start(self) -> Ready:
        """Start the process and return its ready line, which has the result of the import.

        Raises:
            WorkerError: it did not start, or sent something else.
        """
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                limit=_LINE_LIMIT,
                env=environment_of_rows(self._timezone),
                **own_group(),
            )
        except OSError as problem:
            raise WorkerError(f"cannot start {self._command[0]}: {problem}") from problem
        self._complaints = asyncio.create_task(self._keep_complaints())
        self._ready = await self._first_line()
        self._listener = asyncio.create_task(self._listen())
        return self._ready

    @property
    def ended(self) -> str | None:
        """Why it takes no more jobs; ``None`` while it does."""
        return self._ended

    @property
    def ready(self) -> Ready:
        """The ready line."""
        if self._ready is None:
            raise WorkerError("the worker was not started")
        return self._ready

    async def _first_line(self) -> Ready:
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await self._line()
        except TimeoutError:
            raise WorkerError(f"the worker sent nothing for {START_SECONDS:g} s") from None
        if not line:
            raise WorkerError(f"the worker ended before it was ready: {await self.complaints()}")
        message = _parse(line)
        try:
            return read_ready(message)
        except (KeyError, TypeError, ValueError):
            raise WorkerError(f"the worker began with {line[:_QUOTED]!r}") from None

    async def run(self, job: Mapping[str, Any]) -> Done:
        """Run one job; return how its process ended.

        Raises:
            WorkerError: the worker ended before the job did.
        """
        if self._ended is not None:
            raise WorkerError(self._ended)
        cell: str = job["cell"]
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting[cell] = done
        self._at_work.add(cell)
        try:
            await self._say({"run": dict(job)})
            return await done
        finally:
            del self._waiting[cell]
            done.cancel()

    def kill(self, cell: str) -> None:
        """End a cell's process at once; :meth:`run` returns when it is gone."""
        if self._mode == "once":
            self.terminate()
        elif self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(_line_of({"kill": cell}))

    def end(self, cell: str) -> int | None:
        """End a cell's process from the host if the worker does not; return its process id, ``None`` if unknown.

        As long as :meth:`run` has not returned, the worker has not reaped the process, so no other process has its id.
        """
        if self._mode == "once":
            self.terminate()
            return self._process.pid if self._process is not None else None
        pid = self._pids.get(cell)
        if pid is not None:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        return pid

    async def close(self) -> None:
        """End the worker and all its children; kill it if it does not end by itself, or if this is cancelled."""
        if self._process is None:
            return
        closing = asyncio.create_task(self._close(self._process))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            self.terminate()
            await closing
            raise

    async def _close(self, process: asyncio.subprocess.Process) -> None:
        if self._mode == "once" and self._at_work:
            self.terminate()  # busy with its job, it would not see the end of its input
        if process.stdin is not None:
            process.stdin.close()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await process.wait()
            self.terminate()
            await self._stop_reading()
        finally:
            self.terminate()  # it and its remaining children, even if this is cancelled
            process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  # what escaped may hold the pipes
        with contextlib.suppress(TimeoutError):  # what waits in the system's own code may never go
            async with asyncio.timeout(GONE_SECONDS):
                await process.wait()

    async def _stop_reading(self) -> None:
        tasks = [task for task in (self._listener, self._complaints) if task is not None]
        await asyncio.wait(tasks, timeout=COMPLAINT_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def terminate(self) -> None:
        """Kill the process, and if the system has process groups also what it started."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # all are gone; macOS says it the second way
            if sys.platform != "win32":
                os.killpg(self._process.pid, signal.SIGKILL)
            elif self._process.returncode is None:
                self._process.kill()

    async def complaints(self) -> str:
        """Return the end of what the process wrote on standard error, once it has ended."""
        if self._complaints is not None:
            await asyncio.wait({self._complaints}, timeout=COMPLAINT_SECONDS)
        return self._complained.decode("utf-8", "backslashreplace").strip() or "it said nothing"

    async def _keep_complaints(self) -> None:
        stream = self._process.stderr if self._process is not None else None
        while stream is not None and (data := await stream.read(_STDERR_KEPT)):
            self._complained = (self._complained + data)[-_STDERR_KEPT:]

    async def _listen(self) -> None:
        """Hand each ``done`` to the caller that waits for it; when the worker ends, tell all that wait."""
        try:
            while line := await self._line():
                self._take(_parse(line), line)
            code = await self._exit_code()
            self.terminate()  # its remaining children would hold its pipes open
            self._tell_the_only_job(code)
            how = f" of signal {-code}" if code is not None and code < 0 else ""
            reason = f"the worker ended{how}: {await self.complaints()}"
        except WorkerError as problem:
            self.terminate()
            reason = str(problem)
        self._ended = reason
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(WorkerError(reason))

    async def _exit_code(self) -> int | None:
        """Wait for its end and return its exit code; ``None`` if it closed its output and goes on.

        ``wait()`` also waits for the pipes, which something that the worker started may hold open. So it is not used.
        """
        if self._process is None:
            return None
        until = time.monotonic() + EXIT_SECONDS
        while self._process.returncode is None and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        return self._process.returncode

    def _tell_the_only_job(self, code: int | None) -> None:
        """Report a signal as the exit code of the only job: this process is both worker and cell."""
        if self._mode == "once" and code is not None and code < 0:
            for future in self._waiting.values():
                if not future.done():
                    future.set_result(Done(exit_code=code))

    def _take(self, message: Mapping[str, Any], line: bytes) -> None:
        if message["event"] == "started" and isinstance(message.get("pid"), int):
            self._pids[str(message.get("cell"))] = message["pid"]
        if message["event"] != "done":
            return
        if "reason" in message:
            raise WorkerError(f"the worker refused a job: {message['reason']}")
        cell, exit_code = message.get("cell"), message.get("exit")
        if not isinstance(cell, str) or not isinstance(exit_code, int):
            raise WorkerError(f"the worker sent {line[:_QUOTED]!r}")
        self._at_work.discard(cell)
        self._pids.pop(cell, None)
        future = self._waiting.get(cell)
        if future is None or future.done():
            return
        if "no_process" in message:
            future.set_exception(WorkerError(f"could not fork: {message['no_process']}"))
        else:
            spent = {key: message.get(key) for key in ("cpu_seconds", "max_rss_bytes")}
            future.set_result(Done(exit_code=exit_code, **spent))

    async def _say(self, message: Mapping[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            raise WorkerError("the worker was not started")
        try:
            self._process.stdin.write(_line_of(message))
            await self._process.stdin.drain()
        except ConnectionError as problem:
            raise WorkerError(f"the worker ended: {await self.complaints()}") from problem

    async def _line(self) -> bytes:
        if self._process is None or self._process.stdout is None:
            raise WorkerError("the worker was not started")
        try:
            return await self._process.stdout.readline()
        except ValueError:
            raise WorkerError(f"the worker sent a line of over {_LINE_LIMIT} bytes") from None
        except OSError:  # how a pipe may break on Windows
            return b""


def _line_of(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _parse(line: bytes) -> Mapping[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("event"), str):
        raise WorkerError(f"the worker sent {line[:_QUOTED]!r}")
    return message


def environment_of_rows(timezone: str | None) -> dict[str, str]:
    """Return the environment variables of a process in which a library runs.

    NumPy's BLAS starts threads at import, and a process with threads cannot be forked safely; none of the libraries
    computes with it.
    """
    zone = {} if timezone is None else {"TZ": posix(timezone)}
    return {**untrusted.environment(untrusted.Purpose.ASK), **zone, "OPENBLAS_NUM_THREADS": "1"}


def own_group() -> dict[str, Any]:
    """Return options that keep Ctrl-C away from such a process, so that ib-compat can end it and keep its evidence."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def posix(name: str) -> str:
    """Return the value of ``TZ`` for a zone, such as ``JST-9`` for ``Asia/Tokyo``.

    It is the zone's rule, not its name, because a machine without time zone data silently takes every name for UTC. The
    rule is the last line of the zone's file (RFC 8536) in the package tzdata, which ib-compat requires.
    """
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    return file.read_bytes().rstrip(b"\n").rpartition(b"\n")[2].decode("ascii")
