"""Runs a simulated gateway in a thread with an event loop of its own, and knows when it has done all that there is."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from harness.gateways.simulator.server import SimulatedGateway

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")
Condition = Callable[[], bool]


class IdleSelector(selectors.BaseSelector):
    """Waits for sockets as any selector does, and wakes who waits for a loop that has nothing to do.

    A loop waits here only if no callback is ready. If no socket is ready either, all that came was answered, and all
    that was due was sent.
    """

    def __init__(self) -> None:
        self._sockets = selectors.DefaultSelector()
        self._waiting: list[tuple[Condition, asyncio.Future[None]]] = []

    async def idle(self, condition: Condition = lambda: True) -> None:
        """Wait until the loop is idle, and a condition holds."""
        waits = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, waits))
        await waits

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the sockets that are ready; none if somebody was woken instead."""
        ready = self._sockets.select(0)
        if ready or (timeout is not None and timeout <= 0) or self._woken():
            return ready
        return self._sockets.select(timeout)

    def _woken(self) -> bool:
        """Wake those whose condition holds; return whether there are any."""
        self._waiting = [each for each in self._waiting if not each[1].done()]
        met = [waits for condition, waits in self._waiting if condition()]
        for waits in met:
            waits.set_result(None)
        return bool(met)

    def register(self, fileobj: FileDescriptorLike, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a socket."""
        return self._sockets.register(fileobj, events, data)

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        """Watch a socket no longer."""
        return self._sockets.unregister(fileobj)

    def modify(self, fileobj: FileDescriptorLike, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a socket for something else."""
        return self._sockets.modify(fileobj, events, data)

    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        """Return what is watched."""
        return self._sockets.get_map()

    def close(self) -> None:
        """Watch nothing any more."""
        self._sockets.close()


class GatewayThread:
    """A context manager: the gateway is live inside; outside, thread, port and connections are gone.

    Args:
        make: makes the gateway; called in the thread.
    """

    def __init__(self, make: Callable[[], SimulatedGateway]) -> None:
        self._make = make
        self._selector = IdleSelector()
        self._started: Future[tuple[SimulatedGateway, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = Thread(target=self._run, name="ib_gateway", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.gateway, self._loop, self._over = self._started.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(self._selector)) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        over = asyncio.Event()
        try:
            async with self._make() as gateway:
                self._started.set_result((gateway, asyncio.get_running_loop(), over))
                await over.wait()
                await self.idle()  # who was just being accepted is now, so that the gateway can end it
            await self.idle()  # and all have gone before the loop closes
        except Exception as problem:
            if self._started.done():
                raise
            self._started.set_exception(problem)

    def call(self, action: Coroutine[Any, Any, T]) -> T:
        """Run something in the gateway's loop, from any other thread; return what it returns.

        Raises:
            RuntimeError: the gateway has ended with its test.
        """
        __tracebackhide__ = True  # pytest shows where the test called, and not how it is done here
        if self._loop.is_closed():
            action.close()
            raise RuntimeError("this ib_gateway has ended with its test")
        running = asyncio.run_coroutine_threadsafe(action, self._loop)
        try:
            return running.result()
        except (TimeoutError, ValueError) as problem:
            raise problem.with_traceback(None)  # noqa: B904 - it is the same one
        finally:
            running.cancel()

    async def idle(self) -> None:
        """Wait until the gateway has answered all that came, and sent all that is due."""
        await self._selector.idle()

    async def until(self, condition: Condition, timeout: float, missed: Callable[[], str]) -> None:
        """Wait until a condition holds.

        Args:
            condition: asked whenever the gateway has nothing else to do.
            timeout: seconds by the clock on the wall.
            missed: makes the text of the error.

        Raises:
            TimeoutError: it did not hold in time.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._selector.idle(condition)
        except TimeoutError:
            raise TimeoutError(f"{missed()} within {timeout:g} s") from None
