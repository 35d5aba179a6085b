"""Blocking calls of the SDK from a loop: none blocks it, and none is left half done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

_GIVES_UP = 2.0
"""Seconds that a stream gets to notice that it was ended."""


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, whoever cancels meanwhile and however often; then be cancelled.

    For what must not stop half-way: an engine that was asked to create a container will, and it has to go again.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:  # noqa: PERF203 - it may come again
            cancelled = error
    if cancelled is not None:
        task.exception()  # retrieved: the cancellation is what counts
        raise cancelled
    return task.result()


async def blocking(call: Callable[..., T], *arguments: Any, **more: Any) -> T:
    """Run a short call in a thread, to its end."""
    return await unbroken(asyncio.to_thread(call, *arguments, **more))


async def endable(work: Callable[[], T], end: Callable[[], None]) -> T:
    """Run what may take very long in a thread of its own; where this is cancelled, ``end`` makes it come back.

    A thread that has not come back by then cannot hold up the end of the program.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    over = threading.Event()

    def tell(finish: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish)
        over.set()

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            problem = error
            tell(lambda: None if done.done() else done.set_exception(problem))
        else:
            tell(lambda: None if done.done() else done.set_result(result))

    threading.Thread(target=run, daemon=True, name="ib-compat engine stream").start()
    try:
        return await done
    except asyncio.CancelledError:
        end()
        await unbroken(asyncio.to_thread(over.wait, _GIVES_UP))
        raise
