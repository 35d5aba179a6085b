"""A gateway that keeps what each of its clients said, and answers only those whom a test wants answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, UnknownMessage
from harness.wire.side import GatewaySide
from harness.wire.wire_errors import ProtocolError
from tests.diagnose.control.listeners import TIME, Listener, listening, silence

OWN_VERSION = 217


@dataclass(slots=True)
class Heard:
    """What one connection said."""

    hello: Hello | None = None
    messages: list[Message] = field(default_factory=list)
    foreign: bytes = b""
    beside: frozenset[int] = frozenset()
    """Client ids of the connections that were started and open when this one started."""

    @property
    def client_id(self) -> int | None:
        """The client id that it started with."""
        starts = [each for each in self.messages if each.name == "start_api"]
        return starts[0].number("client_id") if starts else None


class Hearing:
    """The connections of one listener, in the order in which they came.

    Args:
        answers: whether a hello gets a version reply; the connection of who gets none is ended, or kept in silence.
        starts: whether who starts becomes ready; is ended otherwise.
        silent: not to end connections, but to say nothing on them.
    """

    def __init__(
        self,
        answers: Callable[[Hello], bool] = lambda _: True,
        starts: Callable[[int], bool] = lambda _: True,
        *,
        silent: bool = False,
    ) -> None:
        self.heard: list[Heard] = []
        self._answers = answers
        self._starts = starts
        self._silent = silent
        self._open: list[Heard] = []

    async def behave(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = Heard()
        self.heard.append(heard)
        self._open.append(heard)
        try:
            await self._serve(heard, reader, writer)
        finally:
            self._open.remove(heard)

    async def _serve(self, heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        side = GatewaySide()
        while data := await reader.read(65536):
            try:
                said = list(side.receive(data))
            except ProtocolError:
                heard.foreign += data
                return
            if not all(self._answer(heard, each, side, writer) for each in said):
                await self._refuse(reader, writer)
                return

    def _answer(
        self, heard: Heard, said: Hello | Message | UnknownMessage, side: GatewaySide, writer: asyncio.StreamWriter
    ) -> bool:
        if isinstance(said, Hello):
            heard.hello = said
            if not self._answers(said):
                return False
            version = min(OWN_VERSION, said.max_version)
            writer.write(side.accept(VersionReply(server_version=version, connection_time=TIME)))
            return True
        assert isinstance(said, Message), said
        heard.messages.append(said)
        heard.beside = frozenset(each.client_id for each in self._open if each is not heard and each.client_id)
        client_id = heard.client_id or 0
        if self._starts(client_id):
            writer.write(side.send(Message("managed_accounts", {"accounts": "DU9000001"})))
            writer.write(side.send(Message("next_valid_id", {"order_id": 1})))
            return True
        return False

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._silent:
            await silence(reader, writer)


@asynccontextmanager
async def hearing(gateway: Hearing) -> AsyncIterator[Listener]:
    """Listen; on leaving, every connection must have been left by its client."""
    async with listening(gateway.behave) as listener:
        yield listener
        await listener.idle.wait()
