"""A simulated gateway: a listening socket and the sessions on it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
from types import TracebackType
from typing import Self

from harness import scenarios
from harness.errors import GatewayError
from harness.simulator.profiles import Profile
from harness.simulator.session import Session
from harness.simulator.truth import Truth, told_by

log = logging.getLogger("ib_compat.simulator")

MAX_CLIENTS = 32
"""Most API clients of one Gateway, says IBKR. How a real one turns the next away is unknown; ours closes."""

_BACKLOG = 512


class SimulatedGateway:
    """An asynchronous context manager: listens inside, is gone without a trace outside.

    Args:
        profile: what it speaks.
        mode: ``paper`` or ``live``; decides the account.
        host: the address to listen on.
        port: 0 takes a free one.
        truth: what it answers with; by default what comes with the package, as the scenario has it.
        scenario: how it differs from an ordinary one; a name of ``harness/scenarios/scenarios.toml``.

    Raises:
        SelectionError: there is no such scenario.
        GatewayError: on entering, the port is in use or may not be opened.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        mode: str = "paper",
        host: str = "127.0.0.1",
        port: int = 0,
        truth: Truth | None = None,
        scenario: str | None = None,
    ) -> None:
        self.profile = profile
        self.mode = mode
        self.host = host
        self.port = port
        self.truth = truth or told_by(mode, scenario, profile.desupport)
        self._behaviour = scenarios.find(scenario).behaviour if scenario else scenarios.ORDINARY
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._admitted = 0
        self._client_ids: set[int] = set()
        self._numbers = itertools.count(1)
        self._written: dict[tuple[str, int | None], bytes] = {}
        self._leaving = False

    async def __aenter__(self) -> Self:
        try:
            self._server = await asyncio.start_server(self._connected, self.host, self.port, backlog=_BACKLOG)
        except OSError as problem:
            raise _cannot_listen(f"{self.profile.name} cannot listen on {self.host}:{self.port}", problem) from problem
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("%s %s listens on %s:%d", self.profile.name, self.mode, self.host, self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        if self._server is not None:
            self._server.close()
        for task, writer in self._connections.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def clients(self) -> frozenset[int]:
        """The client ids that are connected now."""
        return frozenset(self._client_ids)

    def claim(self, client_id: int) -> bool:
        """Take a client id; tell whether it was free."""
        if client_id in self._client_ids:
            return False
        self._client_ids.add(client_id)
        return True

    def release(self, client_id: int) -> None:
        """Give a client id back."""
        self._client_ids.discard(client_id)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take note of a connection at once, so that leaving finds every one."""
        if self._leaving:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._connections.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        label = f"{self.profile.name} connection {next(self._numbers)}"
        try:
            await self._admit(label, reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):  # the client broke off while we said goodbye
                await writer.wait_closed()
            log.debug("%s ended", label)

    async def _admit(self, label: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._admitted >= MAX_CLIENTS:
            log.warning("%s closed: %d clients are connected", label, MAX_CLIENTS)
            return
        session = Session(
            label,
            profile=self.profile,
            truth=self.truth,
            registry=self,
            writer=writer,
            behaviour=self._behaviour,
            written=self._written,
        )
        self._admitted += 1
        try:
            await session.serve(reader)
        finally:
            self._admitted -= 1


def _cannot_listen(what: str, problem: OSError) -> GatewayError:
    match problem.errno:
        case errno.EADDRINUSE:
            why = "the port is in use"
            hint = "another program has it (a real Gateway?): stop that, choose another port, or 0 for a free one"
        case errno.EACCES | errno.EPERM:
            why = "the system does not allow that port"
            hint = "choose one above 1023, or 0 for a free one"
        case _:
            why = problem.strerror or str(problem)
            hint = "the host must be an address of this machine, such as 127.0.0.1"
    return GatewayError(f"{what}: {why}", hint=hint)
