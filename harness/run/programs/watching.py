"""Waits for the end of a program, or until it is done, or for the end of its time; then ends it."""

from __future__ import annotations

import asyncio
import contextlib
import time

from harness.programs.asked import Asked, asked_by
from harness.programs.program import End, Program, Ran
from harness.run.programs.ending import end
from harness.run.programs.output import Output
from harness.run.programs.process import ProgramProcess
from harness.run.tap.proxy import Tap

SETTLED_SECONDS = 1.0
"""At the end of a program that is ended: what it does then, another run has perhaps not the time for."""

_LOOK_SECONDS = 0.1
"""How often one looks whether a program is done."""


class Watch:
    """Waits for the end of a program, and says what is left of its run.

    It is done at the moment at which it shows that, whether one sees it then, or only after it has ended by itself:
    else it would be a matter of chance how a program ended that ends soon after.
    """

    def __init__(self, process: ProgramProcess, program: Program, output: Output, tap: Tap, opened: float) -> None:
        self._process, self._program, self._output = process, program, output
        self._opened, self._began = opened, time.monotonic()
        self._names = _NamesAsked(tap)
        self._over, self._ended_by_us, self._written = self._began, False, ""

    async def over(self) -> None:
        """Wait until it is over, one way or another; it is ended, whatever happens."""
        try:
            await self._until_over()
            self._ended_by_us, self._written = self._process.returncode is None, self._output.text
        finally:
            self._over = time.monotonic()
            await end(self._process, self._program.stop)
        if not self._ended_by_us:
            await asyncio.to_thread(self._output.written)
            self._written = self._output.text

    def ran(self, side: str, asked: Asked) -> Ran:
        """Return what is left of the run.

        Args:
            side: what it ran with, for a person.
            asked: all that it asked.
        """
        done_at = self._done_at(asked)
        bounded = self._ended_by_us or done_at is not None
        settled_at = self._began + self._program.seconds - SETTLED_SECONDS if done_at is None else done_at
        lasted = self._over - self._began
        return Ran(
            side=side,
            end=End(
                code=self._process.returncode or 0,
                seconds=lasted,
                by_us=self._ended_by_us,
                done=done_at is not None,
            ),
            asked=asked,
            output=self._written,
            settled=self._settled(settled_at) if bounded else self._written,
            settled_at=settled_at - self._opened if bounded else None,
            took=self._process.took,
        )

    def _done_at(self, asked: Asked) -> float | None:
        """Return when it showed that it is done; ``None`` if it did not before it was to end."""
        until, shown = self._program.until, None
        if until is not None and until.says:
            shown = self._output.marked_at
        elif until is not None:
            shown = min((self._opened + each.at for each in asked.requests if each.name == until.asked), default=None)
        late = shown is not None and self._ended_by_us and shown > self._over
        return None if late else shown

    def _settled(self, moment: float) -> str:
        """Return what it had written by then; up to the line that shows that it is done, if that is how one knows."""
        says = self._program.until.says if self._program.until is not None else ""
        return _up_to(says, self._written) if says and says in self._written else self._output.until(moment)

    async def _until_over(self) -> None:
        until, limit = self._program.until, self._began + self._program.seconds
        while (left := limit - time.monotonic()) > 0:
            if await self._ended(left if until is None else min(left, _LOOK_SECONDS)):
                return
            if until is not None and (until.asked in self._names() or self._output.marked_at is not None):
                return

    async def _ended(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), seconds)
        return self._process.returncode is not None


class _NamesAsked:
    """Gives the names of the requests that passed a tap. They are read only where something has passed since."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._size, self._found = 0, frozenset[str]()

    def __call__(self) -> frozenset[str]:
        transcript = self._tap.transcript
        size = len(transcript.entries)
        if size != self._size:
            self._size, self._found = size, frozenset(each.name for each in asked_by(transcript).requests)
        return self._found


def _up_to(mark: str, text: str) -> str:
    """Return a text up to a mark in it, and the line of the mark."""
    before, _, after = text.partition(mark)
    return f"{before}{mark}{after.partition(chr(10))[0]}"
