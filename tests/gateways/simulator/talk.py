"""A client made of our own protocol, and the loop that it runs in."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self, TypeVar

from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, UnknownMessage
from harness.wire.side import ClientSide
from tests.limits import PATIENCE

LAST_NOTICE = 2158

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run it in a new loop; whatever the loop has to complain about afterwards fails the test."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        async with asyncio.timeout(PATIENCE):
            return await main

    with garbage_of_its_own():
        result = asyncio.run(watched())
    assert complaints == []
    return result


@contextmanager
def garbage_of_its_own() -> Iterator[None]:
    """Collect what the context leaves, and that alone: to look through all that pytest holds takes much longer."""
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()


class Client:
    """One connection; hears messages one at a time, in the order of the wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hello: Hello) -> None:
        self.reader = reader
        self.writer = writer
        self.side = ClientSide(hello)
        self._heard: list[VersionReply | Message | UnknownMessage] = []

    @classmethod
    async def connect(cls, port: int, maximum: int = 226, minimum: int = 100) -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader, writer, Hello(min_version=minimum, max_version=maximum))

    async def greet(self) -> VersionReply:
        self.writer.write(self.side.greet())
        reply = await self.hear()
        assert isinstance(reply, VersionReply)
        return reply

    async def start(self, client_id: int) -> list[Message]:
        """Send START_API; return what comes up to the last notice that every gateway has."""
        self.say(Message("start_api", {"client_id": client_id}))
        heard: list[Message] = []
        while not (heard and heard[-1].name == "error" and heard[-1]["code"] == LAST_NOTICE):
            heard.append(await self.message())
        return heard

    def say(self, message: Message) -> None:
        self.writer.write(self.side.send(message))

    async def ask(self, request: Message, *, end: str) -> list[Message]:
        """Send a request; return what comes up to the message that ends its answer."""
        self.say(request)
        heard = [await self.message()]
        while heard[-1].name != end:
            heard.append(await self.message())
        return heard

    async def answers(self) -> bool:
        """Tell whether the gateway still answers this client."""
        return (await self.ask(Message("req_ids"), end="next_valid_id"))[-1].name == "next_valid_id"

    async def message(self) -> Message:
        heard = await self.hear()
        assert isinstance(heard, Message), heard
        return heard

    async def hear(self) -> VersionReply | Message | UnknownMessage:
        while not self._heard:
            data = await self.reader.read(65536)
            assert data, "the gateway closed the connection"
            self._heard += self.side.receive(data)
        return self._heard.pop(0)

    async def ended(self) -> bool:
        """Wait for the end of the connection; tell whether nothing came before it."""
        try:
            return not self._heard and await self.reader.read() == b""
        except ConnectionError:
            return True

    async def leave(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:  # the gateway was faster
            return


@asynccontextmanager
async def connected(gateway: SimulatedGateway, client_id: int, maximum: int = 226) -> AsyncIterator[Client]:
    """A client that has started."""
    client = await Client.connect(gateway.port, maximum)
    try:
        await client.greet()
        await client.start(client_id)
        yield client
    finally:
        await client.leave()


def simulated(profile: str = "10.50", **options: Any) -> SimulatedGateway:
    return SimulatedGateway(find(profile), **options)


async def until_gone(gateway: SimulatedGateway, client_id: int) -> None:
    """Wait until the gateway has seen a client leave."""
    await until(lambda: client_id not in gateway.clients)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until the condition holds."""
    while not condition():  # noqa: ASYNC110  # the code under test has no event to wait for
        await asyncio.sleep(0)
