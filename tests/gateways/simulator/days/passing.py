"""A gateway whose day passes by a stepped clock, and two clients that hear of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from harness.gateways.simulator.days.files import Day, read
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.timing import SteppedTime
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import Client, run, simulated, until

FRIDAY = dt.datetime(2026, 12, 4, 15, tzinfo=dt.UTC).timestamp()
"""Half an hour after the opening in New York."""

AAPL: Mapping[str, Value] = {"con_id": 265598, "symbol": "AAPL", "sec_type": "STK", "exchange": "SMART"}
AAPL = {**AAPL, "currency": "USD"}
QUOTES = Message("req_market_data", {**AAPL, "req_id": 3})
BARS = Message(
    "req_historical_data",
    {**AAPL, "req_id": 4, "bar_size": "1 min", "duration": "300 S", "what_to_show": "TRADES", "keep_up_to_date": True},
)
WATCHES, HEARS = 7, 8
"""Ids of the two clients."""


def day(*events: str, first: str = "") -> Day:
    """A day of some events, each the keys of one table."""
    text = "\n".join(f"[[event]]\n{event.replace('; ', chr(10))}" for event in events)
    return read(f'says = "a test"\n{first}\n{text}\n', "a test")


class Passing:
    """The gateway and its clients; what came is told up to the answer to a last question."""

    def __init__(self, passes: Day, start: float = FRIDAY, seed: int | None = 1, **options: Any) -> None:
        self.clock = SteppedTime(start)
        self.gateway: SimulatedGateway = simulated("10.50", seed=seed, timing=self.clock, day=passes, **options)
        self.clients: dict[int, Client] = {}
        self.starts: dict[int, list[Message]] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.gateway)
        for client_id in (WATCHES, HEARS):
            await self.connect(client_id)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self.clients.values():
            await client.leave()
        await self._stack.aclose()

    async def connect(self, client_id: int) -> list[Message]:
        """Connect a client, and return what it is told at its start."""
        client = await Client.connect(self.gateway.port)
        await client.greet()
        client.say(Message("start_api", {"client_id": client_id}))
        self.clients[client_id] = client
        self.starts[client_id] = await self.asked(client_id)
        return self.starts[client_id]

    async def asked(self, client_id: int, *requests: Message) -> list[Message]:
        """Ask; return all that comes before the gateway has answered a last question."""
        client = self.clients[client_id]
        for request in (*requests, Message("req_current_time")):
            client.say(request)
        heard = [await client.message()]
        while heard[-1].name != "current_time":
            heard.append(await client.message())
        return heard[:-1]

    async def passes(self, seconds: float) -> dict[int, list[Message]]:
        """Let time pass, from one moment that is waited for to the next; return what each client was told."""
        heard: dict[int, list[Message]] = {client_id: [] for client_id in self.clients}
        ends = self.clock.now() + seconds
        while (due := await self.clock.awaited()) <= ends:
            self.clock.step(due - self.clock.now())
            for client_id in self.clients:
                heard[client_id] += await self.asked(client_id)
        self.clock.step(ends - self.clock.now())
        return heard

    async def goes_down(self, seconds: float) -> None:
        """Let time pass up to a restart, which ends all connections without a word."""
        self.clock.step(seconds)
        for client in self.clients.values():
            assert await client.ended()
            await client.leave()
        self.clients.clear()
        await until(lambda: not self.gateway.clients)

    async def skips(self, seconds: float) -> None:
        """Let time pass at once, while nobody is connected."""
        self.clock.step(seconds)
        await until(lambda: self.clock.due is None or self.clock.due > self.clock.now())


def errors(messages: list[Message]) -> list[tuple[Value, Value]]:
    """Code and request id of what is an error."""
    return [(message["code"], message["req_id"]) for message in messages if message.name == "error"]


def texts(messages: list[Message]) -> list[Value]:
    """The texts of what is an error."""
    return [message["text"] for message in messages if message.name == "error"]


__all__ = ["AAPL", "BARS", "FRIDAY", "HEARS", "QUOTES", "WATCHES", "Passing", "day", "errors", "run", "texts", "until"]
