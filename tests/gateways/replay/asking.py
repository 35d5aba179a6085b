"""A client of a replayed gateway, and what it expects to hear."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from harness.gateways.replay.playing import AT_THE_CLIENTS_PACE, Speed
from harness.gateways.replay.server import ReplayedGateway
from harness.recordings.recording import Recording
from harness.shared import not_recorded
from harness.wire.codec import Codec
from harness.wire.message import Message, Sender, Value
from tests.gateways.simulator.talk import Client, run

T = TypeVar("T")

_LAST = Message("req_smart_components", {"req_id": 987_654, "bbo_exchange": "in no recording"})


class Asker(Client):
    """A client that has started; ``greeting`` is what it heard up to the next valid id."""

    greeting: list[Message]

    @property
    def version(self) -> int:
        assert self.side.server_version is not None
        return self.side.server_version

    async def said(self, count: int) -> list[Message]:
        """Return the next messages."""
        return [await self.message() for _ in range(count)]

    async def asked(self, name: str, **values: Value) -> list[Message]:
        """Send a request; return all that comes before the answer to the next one, which is in no recording."""
        self.say(Message(name, values))
        self.say(_LAST)
        heard = [await self.message()]
        while (heard[-1].name, heard[-1].values.get("req_id")) != ("error", _LAST["req_id"]):
            heard.append(await self.message())
        return heard[:-1]


@asynccontextmanager
async def joined(port: int, *, version: int = 178, client_id: int = 50) -> AsyncIterator[Asker]:
    """Connect, start, and leave at the end."""
    asker = await Asker.connect(port, version)
    try:
        await asker.greet()
        asker.greeting = await asker.ask(Message("start_api", {"client_id": client_id}), end="next_valid_id")
        yield asker
    finally:
        await asker.leave()


def replayed(recording: Recording, talk: Callable[[int], Awaitable[T]], speed: Speed = AT_THE_CLIENTS_PACE) -> T:
    """Replay a recording, talk to it at its port, and return what that returned."""

    async def inside() -> T:
        async with ReplayedGateway(recording, speed=speed) as gateway:
            return await talk(gateway.port)

    return run(inside())


def names(messages: Iterable[Message]) -> list[str]:
    return [message.name for message in messages]


def as_read(message: Message, version: int) -> Message:
    """Return a message as a client of that version reads it."""
    read = Codec(version).decode(Codec(version).encode(message), Sender.GATEWAY)
    assert isinstance(read, Message)
    return read


def unnumbered(messages: Iterable[Message]) -> list[tuple[str, dict[str, Any]]]:
    """Return what messages say, apart from the number of their request."""
    return [(each.name, {key: value for key, value in each.values.items() if key != "req_id"}) for each in messages]


def is_not_recorded(message: Message) -> bool:
    return message.name == "error" and message["code"] == not_recorded.CODE
