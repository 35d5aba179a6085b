"""A loop whose clock goes on only when nothing else does: what waits ten seconds takes none, on a busy machine too.

Sockets, the simulated gateway and all timers are the real ones. A byte that is sent over loopback is there when the
send returns, so where no socket is ready and no thread of the loop works, nothing can happen before the next timer; the
clock then jumps there. What measures real time (a process, a server in a thread of its own) does not belong in here.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

_A_MOMENT = 0.002
"""Real seconds without anything after which nothing is under way: a busy system may deliver a little later."""

_SOON = 0.01
"""Real seconds after which to look again where a thread works for the loop."""

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Lets the clock jump where it would wait."""

    def __init__(self, clock: VirtualLoop) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        ready = super().select(_SOON if self._clock.working else _A_MOMENT)
        if not ready and timeout is not None and not self._clock.working:
            self._clock.jump(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time`` is its own."""

    def __init__(self) -> None:
        self._now = time.monotonic()
        self.working = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        """Return seconds that only go on when nothing else does."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Go on by so many seconds."""
        self._now += seconds

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Have a thread work, and stop the clock meanwhile."""
        self.working += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._worked)
        return future

    def _worked(self, _: object) -> None:
        self.working -= 1


async def standing_still(main: Coroutine[Any, Any, T], *, every: float, seconds: float) -> T:
    """Await a coroutine while its loop stands still again and again, as on a machine without a free processor."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)

    async def stand_still() -> None:
        while True:
            await asyncio.sleep(every)
            loop.jump(seconds)

    standing = asyncio.create_task(stand_still())
    try:
        return await main
    finally:
        standing.cancel()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
