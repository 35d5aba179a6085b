"""An event loop whose time stands still while it works, and runs fast while it waits.

With gateway and client in one such loop, on real sockets, what is late or never comes does not depend on how busy the
machine is: whatever is there was taken before any time passed. Waits that would last seconds are over in a fraction.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

_FASTER = 20.0
_STEP = 0.05
T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock moves only while nothing is ready, by as much as it was to wait, never by more."""

    def __init__(self) -> None:
        self._now = 0.0
        self.working = 0
        """Threads that work for the loop; the clock does not move meanwhile."""
        self.stalls: Callable[[float], float] = lambda _: 0.0
        """How long it stands still, of the time: as a process does that does not get the processor."""
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        self.working += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._worked)
        return future

    def _worked(self, _: object) -> None:
        self.working -= 1

    def passed(self, seconds: float) -> None:
        self._now += seconds + self.stalls(self._now)


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        step = _STEP if timeout is None else min(timeout, _STEP)
        ready = super().select(step / _FASTER)
        if not ready and not self._loop.working:
            self._loop.passed(step)
        return ready


def run_virtually(main: Coroutine[Any, Any, T], stalls: Callable[[float], float] | None = None) -> T:
    """Run to the end, as `asyncio.run` does."""

    def loop() -> VirtualLoop:
        made = VirtualLoop()
        if stalls is not None:
            made.stalls = stalls
        return made

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main)
