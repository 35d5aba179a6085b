"""Ends the tasks of a gateway without taking a cancellation that is meant for whoever ends them."""

from __future__ import annotations

import asyncio


async def end(task: asyncio.Task[None] | None, *, expected: tuple[type[Exception], ...] = ()) -> None:
    """Cancel a task and wait until it has ended; who calls may be cancelled meanwhile, and is.

    To suppress ``CancelledError`` around ``await task`` would take the caller's own.

    Args:
        task: the task; ``None`` if it never began.
        expected: what it may have ended with. Anything else is raised.
    """
    if task is None:
        return
    task.cancel()
    await asyncio.wait([task])
    problem = None if task.cancelled() else task.exception()
    if problem is not None and not isinstance(problem, expected):
        raise problem
