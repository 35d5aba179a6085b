"""The tap itself: listens in a gateway's place and passes on what it hears, and the way in which connections end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from types import TracebackType
from typing import Self

from harness.tap.link import Link
from harness.tap.recorder import Limits, Recorder
from harness.tap.rein import Rein
from harness.tap.transcript import Transcript

LOOPBACK = "127.0.0.1"

CLIENT_SECONDS = 1.0
"""How long to wait, on leaving, until what the clients said last has been passed on."""

GATEWAY_SECONDS = 0.1
"""How long to wait after that for the gateway to end its side too. A silent one never does."""

_BACKLOG = 128


class Tap:
    """An asynchronous context manager: listens inside, is gone without a trace outside.

    It adds a hop and takes nothing away. Half-closed stays half-closed, a reset arrives as one, a side that does not
    read holds up the one that writes, and what one read gave leaves in one write: IBKR's client hangs where the
    version reply comes in two parts. One thing differs: the client is accepted before the gateway is tried, so where
    that fails the client sees a reset instead of a refusal. So put a tap only before a gateway that lets clients in.

    On leaving without an error, what the clients said last still goes to the gateway, as it would without a tap.

    Args:
        host: where the gateway listens; an IPv4 address.
        port: where it listens.
        limits: how many bytes of a connection are kept.
        rein: what holds back, before a gateway that somebody else runs: more messages than it bears come later, and a
            client does not hear of an account that it may ask nothing of.

    Raises:
        OSError: on entering, it cannot listen, as with too many open files; on leaving, it could accept no more.
    """

    def __init__(self, host: str, port: int, *, limits: Limits | None = None, rein: Rein | None = None) -> None:
        self._gateway = (host, port)
        self._recorder = Recorder(gateway=(host, port), limits=limits or Limits())
        self._rein = rein
        self._links: dict[Link, asyncio.Task[None]] = {}
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where the client is to connect."""
        return self._recorder.listened

    @property
    def held_back(self) -> str | None:
        """Why a connection was ended for the accounts that the gateway showed; ``None`` where none was."""
        return next((link.held_back for link in self._links if link.held_back is not None), None)

    @property
    def transcript(self) -> Transcript:
        """What was seen so far."""
        return self._recorder.transcript()

    async def __aenter__(self) -> Self:
        listener = self._listener = socket.create_server((LOOPBACK, 0), backlog=_BACKLOG)
        listener.setblocking(False)
        self._recorder.listened = (LOOPBACK, listener.getsockname()[1])
        self._accepting = asyncio.create_task(self._accept(listener))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self._settle()
        finally:
            await self._leave()
        if kind is None:
            self._raise_what_broke()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        numbers = itertools.count(1)
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except ConnectionAbortedError:  # some systems tell of a client that left before it was accepted
                continue
            link = Link(next(numbers), client, self._gateway, self._recorder, self._rein)
            self._links[link] = asyncio.create_task(link.run())

    async def _settle(self) -> None:
        """Let the connections end by themselves, as far as they do."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLIENT_SECONDS):
                for link in list(self._links):
                    await link.client_over.wait()
        if self._links:
            await asyncio.wait(self._links.values(), timeout=GATEWAY_SECONDS)

    async def _leave(self) -> None:
        if self._listener is None or self._accepting is None:
            return
        tasks = [self._accepting, *self._links.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    def _raise_what_broke(self) -> None:
        for task in (self._accepting, *self._links.values()):
            if task is not None and not task.cancelled() and (broken := task.exception()) is not None:
                raise broken
