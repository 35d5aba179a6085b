"""One client's connection to a simulated gateway."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Protocol

from harness.protocol.codec import Codec
from harness.protocol.errors import ProtocolError, UnreadableError
from harness.protocol.framing import encode_frame
from harness.protocol.hello import Hello, VersionReply, negotiate
from harness.protocol.message import Message, UnknownMessage
from harness.protocol.side import GatewaySide
from harness.protocol.words import Spoken, in_words
from harness.scenarios import ORDINARY, Behaviour
from harness.simulator.answers import UNREADABLE, answer, greeting
from harness.simulator.answers.notices import error
from harness.simulator.client import Client
from harness.simulator.profiles import Profile
from harness.simulator.truth import Truth

log = logging.getLogger("ib_compat.simulator")

CLIENT_ID_IN_USE = 326
EARLY_NOTICE = 2104
_CHUNK = 65536
_APART = 0.3
"""Seconds between two pieces that must not be read as one."""

_LAST_TEXT = 200
"""Last server version that is text throughout: before the version reply no client expects anything else."""

_SPLIT_AT = 6
"""Bytes of the version reply before it is cut: its length, and two digits."""

_BYTES_A_TURN = 16
"""Bytes that are sent alone in one turn of the loop: each is a call of its own, and others want their turn, too."""


class Registry(Protocol):
    """Who is connected; shared by the sessions of one gateway."""

    def claim(self, client_id: int) -> bool:
        """Take a client id; tell whether it was free."""
        ...

    def release(self, client_id: int) -> None:
        """Give a client id back."""
        ...


class Session:
    """Serves one client from its hello to the end of its connection.

    Args:
        label: what the log calls the connection.
        profile: what the gateway speaks.
        truth: what it answers with.
        registry: who else is connected.
        writer: the way to the client.
        behaviour: how the gateway differs from an ordinary one.
    """

    def __init__(
        self,
        label: str,
        *,
        profile: Profile,
        truth: Truth,
        registry: Registry,
        writer: asyncio.StreamWriter,
        behaviour: Behaviour = ORDINARY,
    ) -> None:
        self._label = label
        self._profile = profile
        self._truth = truth
        self._registry = registry
        self._writer = writer
        self._side = GatewaySide()
        self._behaviour = behaviour
        self._client: Client | None = None
        self._open = True

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer until the client leaves, or says what no client may."""
        try:
            while self._open and (data := await reader.read(_CHUNK)):
                await self._receive(data)
                await self._receive(self._side.early())
        except ProtocolError as problem:
            log.warning("%s closed: %s", self._label, problem)
        except OSError as problem:
            log.info("%s broke off: %s", self._label, problem)
        finally:
            if self._client is not None:
                self._registry.release(self._client.client_id)

    async def _receive(self, data: bytes) -> None:
        """Answer one message at a time: the client must take the answers, and other clients want theirs too."""
        messages = self._side.receive(data)
        while self._open:
            try:
                heard = next(messages)
            except StopIteration:
                return
            except UnreadableError as problem:
                await self._write(self._refuse(problem))
                continue
            await self._write_apart(self._answer(heard))
            await asyncio.sleep(0)

    def _refuse(self, problem: UnreadableError) -> bytes:
        """Answer a request that cannot be read with 320, as IBKR documents; before START_API it ends the session."""
        if self._client is None:
            raise problem
        log.warning("%s sent what cannot be read: %s", self._label, problem)
        text = f"Server error when reading an API client request: {problem.reason}"
        return self._frames([error(UNREADABLE, text)])

    async def _write_apart(self, pieces: tuple[bytes, ...]) -> None:
        """Write pieces so that each is read alone: the client has the time to take one before the next."""
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(_APART)
            await self._write(piece)

    async def _write(self, data: bytes) -> None:
        if self._behaviour.byte_by_byte and self._client is not None:
            for position in range(len(data)):
                self._writer.write(data[position : position + 1])
                if not position % _BYTES_A_TURN:
                    await self._writer.drain()
                    await asyncio.sleep(0)
        else:
            self._writer.write(data)
            await self._writer.drain()

    def _answer(self, heard: Hello | Message | UnknownMessage) -> tuple[bytes, ...]:
        self._log("<<<", heard)
        if isinstance(heard, Hello):
            return self._greet(heard)
        if self._client is None:
            return (self._start(heard),)
        if isinstance(heard, Message) and heard.name == self._behaviour.closes_on:
            self._close(f"the scenario closes on {heard.name}")
            return ()
        return (self._frames(answer(heard, self._client)),)

    def _greet(self, hello: Hello) -> tuple[bytes, ...]:
        """Send the version reply in one piece and alone; IBKR's own client reads nothing that comes with it."""
        version = negotiate(
            hello, gateway_min=self._profile.min_server_version, gateway_max=self._profile.server_version
        )
        if version is None:
            self._close(f"the client speaks {hello.min_version} to {hello.max_version} only")
            return ()
        reply = VersionReply(server_version=version, connection_time=time.strftime("%Y%m%d %H:%M:%S %Z"))
        self._log(">>>", reply)
        data = self._side.accept(reply)
        if self._behaviour.split_version_reply:
            return data[:_SPLIT_AT], data[_SPLIT_AT:]
        if self._behaviour.early_notice:
            notice = error(EARLY_NOTICE, "Market data farm connection is OK:usfarm")
            return encode_frame(Codec(min(version, _LAST_TEXT)).encode(notice)), data
        return (data,)

    def _start(self, heard: Message | UnknownMessage) -> bytes:
        """Take START_API; a request before it is dropped, as IBKR's documentation warns."""
        if not isinstance(heard, Message) or heard.name != "start_api":
            log.warning("%s dropped a request before START_API", self._label)
            return b""
        client_id = heard.number("client_id")
        if not self._registry.claim(client_id):
            text = "Unable to connect as the client id is already in use. Retry with a unique client id."
            self._close(f"client id {client_id} is in use")
            return self._frames([error(CLIENT_ID_IN_USE, text)])
        version = self._side.server_version or 0
        self._client = Client(client_id=client_id, server_version=version, truth=self._truth, behaviour=self._behaviour)
        return self._frames(greeting(self._truth))

    def _frames(self, messages: Iterable[Message]) -> bytes:
        frames = []
        for message in messages:
            if message.name in self._behaviour.never_sent:
                continue
            self._log(">>>", message)
            frames.append(self._side.send(message))
        return b"".join(frames)

    def _close(self, reason: str) -> None:
        log.warning("%s closed: %s", self._label, reason)
        self._open = False

    def _log(self, direction: str, spoken: Spoken) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s %s", self._label, direction, in_words(spoken))
