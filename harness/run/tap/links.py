"""Accepts connections at listening sockets, carries each to the gateway, and ends them all."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable
from functools import partial

from harness.run.tap.end import linger_not
from harness.run.tap.link import Link
from harness.shared.accepting import accepted

CLIENT_SECONDS = 1.0
"""Seconds to wait, on leaving, until the clients' last bytes have been passed on."""

GATEWAY_SECONDS = 0.1
"""How long to wait after that for the gateway to end its side too. A silent one never does."""

AGAIN_SECONDS = 0.1
"""How long to wait before accepting again what the system had no room for."""

LinkOf = Callable[[int, socket.socket], Link]
"""Makes the link of an accepted connection, of which the number is given."""


class Links:
    """The connections through a tap or proxy.

    Args:
        keep: whether those that are over are kept, so that one can ask what became of them. Without, connections come
            for days: if there are too many at once for the system, who comes waits until some are over.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._tasks: dict[Link, asyncio.Task[None]] = {}
        self._numbers = itertools.count(1)
        self._listeners: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []

    @property
    def all(self) -> tuple[Link, ...]:
        """Those that there are, and those that were kept."""
        return tuple(self._tasks)

    def accept(self, listener: socket.socket, link_of: LinkOf) -> None:
        """Accept what comes at a socket, until :meth:`leave`, which closes it."""
        listener.setblocking(False)
        self._listeners.append(listener)
        self._accepting.append(asyncio.create_task(self._accept(listener, link_of)))

    async def _accept(self, listener: socket.socket, link_of: LinkOf) -> None:
        while True:
            try:
                client = await accepted(listener)
            except ConnectionAbortedError:  # some systems report a client that left before it was accepted
                continue
            except OSError:  # as with too many open files
                if self._keep:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            try:
                link = link_of(next(self._numbers), client)
            except OSError:
                linger_not(client)
                client.close()
                if self._keep:
                    raise
                continue
            task = self._tasks[link] = asyncio.create_task(link.run())
            task.add_done_callback(partial(self._over, link))

    def _over(self, link: Link, done: asyncio.Task[None]) -> None:
        link.close()
        if not self._keep and (done.cancelled() or done.exception() is None):
            self._tasks.pop(link, None)

    async def settle(self) -> None:
        """Let the connections end by themselves, as far as they do."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLIENT_SECONDS):
                for link in self.all:
                    await link.client_over.wait()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=GATEWAY_SECONDS)

    async def leave(self) -> None:
        """Accept no more, and end what there is."""
        tasks = [*self._accepting, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:  # also if who leaves is cancelled
            for listener in self._listeners:
                listener.close()

    def raise_what_broke(self) -> None:
        """Raise the first error of ours that ended a connection, or the accepting of more."""
        for task in (*self._accepting, *self._tasks.values()):
            if task.done() and not task.cancelled() and (broken := task.exception()) is not None:
                raise broken
