"""Ends what ib_insync and ib_async leave to the garbage collector: the transport and the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from adapters.base import CloseError
from adapters.listening import guarded

if TYPE_CHECKING:
    from collections.abc import Coroutine


def release(loop: asyncio.AbstractEventLoop, ib: Any, timeout: float) -> None:
    """Disconnect as in `disconnect`, and close the loop."""
    try:
        disconnect(loop, ib, timeout)
    finally:
        _end(loop)


def disconnect(loop: asyncio.AbstractEventLoop, ib: Any, timeout: float) -> None:
    """Disconnect and wait until the socket is closed; seconds.

    The library's ``disconnect`` only asks the transport to close, which takes a turn of the loop.
    Errors: `CloseError` where the socket had to be taken from the library.
    """
    loop.run_until_complete(_disconnect(ib, timeout))


async def _disconnect(ib: Any, timeout: float) -> None:
    connection = ib.client.conn
    gone = asyncio.get_running_loop().create_future()

    @guarded
    def on_disconnected(*_: Any) -> None:
        if not gone.done():
            gone.set_result(None)

    connection.disconnected += on_disconnected
    ib.disconnect()
    if not connection.isConnected():
        return
    await asyncio.wait({gone}, timeout=timeout)
    if connection.isConnected():
        connection.transport.abort()
        raise CloseError(f"the library's socket was still open {timeout:g} s after disconnect")


def _end(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
    loop.run_until_complete(_shutdown(loop))
    asyncio.set_event_loop(None)
    loop.close()


def _shutdown(loop: asyncio.AbstractEventLoop) -> Coroutine[Any, Any, None]:
    # a host name, unlike an address, is resolved in a thread of the loop's executor
    return loop.shutdown_default_executor()
