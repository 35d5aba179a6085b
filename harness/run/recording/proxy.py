"""Stands between a gateway and any number of clients, and tells a feed what passes."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Protocol, Self

from harness.run.recording.guard import Guard, Held, Permits
from harness.run.tap.link import Hearing, Link
from harness.run.tap.links import Links
from harness.shared.errors import GatewayError
from harness.shared.hosts import written

LOOPBACKS = ("127.0.0.1", "::1")
"""Where it listens: for this machine only. Clients that are given the name ``localhost`` may choose either."""

_BACKLOG = 128


class Told(Hearing, Protocol):
    """Is told of everything that happens on connections, and of what was kept from the gateway."""

    def held(self, connection: int, held: Held) -> None:
        """A request did not pass."""
        ...


class Proxy:
    """A context manager that listens inside the context; leaving it ends the connections.

    As the tap, it passes on half-closed connections, resets and slow readers as they are. It accepts a client before it
    connects to the gateway: if that refuses, the client sees a reset.

    Args:
        gateway: its address.
        port: where to listen; 0 takes a free one.
        feed: is told of everything.
        permits: what may pass.
        hosts: where it listens; the others if they can be had.

    Raises:
        GatewayError: on entering, the port is in use.
    """

    def __init__(
        self,
        gateway: tuple[str, int],
        port: int,
        feed: Told,
        permits: Permits,
        hosts: Sequence[str] = LOOPBACKS,
    ) -> None:
        self._gateway = gateway
        self._feed = feed
        self._permits = permits
        self._hosts = hosts
        self._links = Links(keep=False)
        self.port = port
        """Where it listens."""

    async def __aenter__(self) -> Self:
        for host in self._hosts:
            listener = self._listening(host)
            if listener is not None:
                self.port = listener.getsockname()[1]
                self._links.accept(listener, self._link)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self._links.settle()
        finally:
            await self._links.leave()
        if kind is None:
            self._links.raise_what_broke()

    def _listening(self, host: str) -> socket.socket | None:
        """Listen at an address; ``None`` if it is not the first and cannot be had, as without IPv6."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            return socket.create_server((host, self.port), family=family, backlog=_BACKLOG)
        except OSError as problem:
            if host != self._hosts[0]:
                return None
            hint = "Take another port; 0 takes a free one." if problem.errno == errno.EADDRINUSE else ""
            why = os.strerror(problem.errno or 0)  # its own words repeat the address
            raise GatewayError(f"{written(host, self.port)}: nobody can listen there: {why}", hint=hint) from None

    def _link(self, number: int, client: socket.socket) -> Link:
        guard = Guard(self._permits, partial(self._feed.held, number))
        return Link(number, client, self._gateway, self._feed, guard=guard)
