"""Starts the process that writes, feeds it, and hears how it goes, without waiting for it while clients talk."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Self, cast

from harness.run.own_process import environment
from harness.run.recording.writing import Task, serve
from harness.shared.errors import UnwritableError

_LONGEST_REPORT = 2**20
_AT_ONCE = 2**16
_LATER_SECONDS = 0.02


class WritingProcess:
    """A context manager around the process; leaving it waits until everything is written.

    Args:
        task: what it is to write.

    Raises:
        UnwritableError: on entering, a file cannot be written.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._process: asyncio.subprocess.Process | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._later = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self.report: Mapping[str, Any] = {}
        """What it said last: ``frames``, ``omitted``, and at the end ``why``."""
        self.failed: UnwritableError | None = None
        """Why it writes no more, although it should; ``None`` as long as all is well."""

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", f"import sys; from {serve.__module__} import serve; serve(sys.argv[1:])", self._task.as_words()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            limit=_LONGEST_REPORT,
            env=environment(),
            start_new_session=True,  # Ctrl-C is for the proxy
        )
        await self._hear_once()
        if self.failed is not None:
            await self._process.wait()
            raise self.failed
        self._hearing = asyncio.create_task(self._hear())
        return self

    async def __aexit__(self, *_: object) -> None:
        process = cast("asyncio.subprocess.Process", self._process)
        try:
            await self.finished()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def finished(self) -> None:
        """Tell it nothing more, and wait until it has written everything."""
        self._give()
        self._stdin.close()
        await cast("asyncio.Task[None]", self._hearing)
        await cast("asyncio.subprocess.Process", self._process).wait()

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        return cast("asyncio.StreamWriter", cast("asyncio.subprocess.Process", self._process).stdin)

    def write(self, data: bytes) -> None:
        """Give it bytes, or nothing if it takes none any more; few bytes are given a moment later.

        If the process woke for each message, it would take the processor from who answers that message.
        """
        if self.failed is not None:
            return
        self._later += data
        if len(self._later) >= _AT_ONCE:
            self._give()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LATER_SECONDS, self._give)

    def _give(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        given, self._later = bytes(self._later), bytearray()
        if given and self.failed is None and not self._stdin.transport.is_closing():
            self._stdin.write(given)

    def waiting(self) -> int:
        """Return how many bytes it has not taken yet."""
        return len(self._later) + self._stdin.transport.get_write_buffer_size()

    async def _hear(self) -> None:
        while await self._hear_once():
            pass

    async def _hear_once(self) -> bool:
        """Take the next report; return whether there was one."""
        stdout = cast("asyncio.StreamReader", cast("asyncio.subprocess.Process", self._process).stdout)
        line = await stdout.readline()
        said = json.loads(line) if line else {}
        if "failed" in said:
            self.failed = UnwritableError(said["failed"], hint=said["hint"])
        elif not line and "why" not in self.report and self.failed is None:
            self.failed = UnwritableError("the process that writes the recording has ended")
        elif line:
            self.report = said
        return bool(line)
