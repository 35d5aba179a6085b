"""Ends a run in an orderly way on Ctrl-C, SIGTERM and SIGHUP: what it started is ended, and all results are kept."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self

import psutil

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import FrameType, TracebackType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""A terminal that is closed says SIGHUP; Ctrl-Break, on Windows, says SIGBREAK."""

_LOOK_SECONDS = 0.5


class Interruption:
    """A context that handles the signals, from before anything starts until everything is written.

    The first signal cancels the task; further ones do not cut its clean-up short. A signal that the process was started
    to ignore, as by ``nohup``, stays ignored.

    Args:
        owner: the process that waits for the run, and whose end ends the run; ``None`` if there is none.
        last: whether this process ends right after a signal, so that it ignores further signals from then on.
    """

    def __init__(self, owner: int | None = None, *, last: bool = False) -> None:
        self.happened = False
        self._last = last
        self._owner = owner
        self._cancel: Callable[[], object] | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            if number != signal.SIGINT and signal.getsignal(number) is signal.SIG_IGN:
                continue
            with suppress(ValueError):  # only the main thread may; other threads get no signals
                self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            after = signal.SIG_IGN if self.happened and self._last else before
            signal.signal(number, after)  # type: ignore[arg-type]  # what signal.signal() gave

    def _heard(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._end()

    def _end(self) -> None:
        if not self.happened:
            self.happened = True
            if self._cancel is not None:
                self._cancel()

    @asynccontextmanager
    async def ending(self) -> AsyncIterator[None]:
        """Cancel the task that enters this context at the first signal, or at once if that came before."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        if self.happened:
            task.cancel()
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._cancel = None
            watching.cancel()

    async def _watch(self) -> None:
        """End the run when its owner has ended. Process ids are used again, so the owner's start time counts, too."""
        if self._owner is None:
            return
        with suppress(psutil.NoSuchProcess):
            owner = psutil.Process(self._owner)
            while owner.is_running() and owner.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110 - no event says it
                await asyncio.sleep(_LOOK_SECONDS)
        self._end()
