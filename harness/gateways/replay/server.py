"""Runs a replayed gateway: a listening socket and the sessions on it."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from harness.gateways.replay.connection import Connection
from harness.gateways.replay.playing import AT_THE_CLIENTS_PACE, Speed
from harness.gateways.replay.recorded import Guest, Recorded
from harness.gateways.replay.session import Session
from harness.gateways.simulator.listening import Listener
from harness.known.scenarios import ORDINARY
from harness.recordings.indexed import IndexedDialogue, indexed
from harness.recordings.recording import Recording
from harness.wire.hello import Hello

log = logging.getLogger("ib_compat.replay")


class ReplayedGateway:
    """An asynchronous context manager: listens inside, is gone without a trace outside.

    Args:
        recording: what it answers; or its connections, whose file stays open meanwhile.
        name: what it is called in errors and in the log.
        host: the address to listen on.
        port: 0 takes a free one.
        speed: how many times faster than recorded; by default it keeps the client's pace: a client that asks the next
            thing at once waits for nothing, and what came after a later request still comes after it. Tests need the
            answers, and seldom how long they took.

    Raises:
        GatewayError: the recording has nothing to answer with; on entering, the port is in use or may not be opened.
    """

    def __init__(
        self,
        recording: Recording | Sequence[IndexedDialogue],
        *,
        name: str = "replayed gateway",
        host: str = "127.0.0.1",
        port: int = 0,
        speed: Speed = AT_THE_CLIENTS_PACE,
    ) -> None:
        self.recorded = Recorded(indexed(recording) if isinstance(recording, Recording) else recording)
        self.name, self.host, self.port = name, host, port
        self._speed = speed
        self._listener = Listener(name, host, port, ORDINARY, self._accept)
        self._connections: set[Connection] = set()
        self._numbers: Iterator[int] = itertools.count(1)
        self._client_ids: set[int] = set()
        self._guests: dict[tuple[int, Hello], Guest] = {}

    async def __aenter__(self) -> Self:
        await self._listener.open()
        self.port = self._listener.port
        log.debug("%s listens on %s:%d", self.name, self.host, self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._listener.close()
        finally:  # also if who leaves is cancelled
            leaving = list(self._connections)
            for each in leaving:
                each.abort()
        for each in leaving:
            await each.over.wait()

    def made(self, connection: Connection) -> None:
        """Take a connection that begins; one that was accepted too late ends at once."""
        self._connections.add(connection)
        if self._listener.refuses:
            connection.abort()

    def lost(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.discard(connection)

    def claim(self, client_id: int) -> bool:
        """Take a client id; return whether it was free."""
        if client_id in self._client_ids:
            return False
        self._client_ids.add(client_id)
        return True

    def release(self, client_id: int) -> None:
        """Release a client id."""
        self._client_ids.discard(client_id)

    def guest(self, client_id: int, hello: Hello) -> Guest:
        """Return a client by its id and hello; one that was here before is known."""
        key = (client_id, hello)
        if key not in self._guests:
            self._guests[key] = self.recorded.guest(client_id, hello)
        return self._guests[key]

    def forget(self, client_id: int) -> None:
        """Let a client, when it connects next, be answered from the beginning."""
        for key in [each for each in self._guests if each[0] == client_id]:
            self._guests[key].begin_again()

    def _accept(self) -> Connection:
        label, clock = f"{self.name} connection {next(self._numbers)}", asyncio.get_running_loop().time
        session = Session(label, recorded=self.recorded, registry=self, speed=self._speed, clock=clock)
        return Connection(label, session, self)
