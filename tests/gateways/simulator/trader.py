"""A client without a socket, in a market that its test moves by hand, and by its own clock."""

from __future__ import annotations

from typing import Any

from harness.gateways.simulator.answers import answer
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.trading.desk import Desk
from harness.gateways.simulator.trading.hours import Sessions, always_open
from harness.gateways.simulator.truth import Truth
from harness.known.scenarios import ORDINARY
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import EMPTY_BOOK, HandPrices

START = 1795206660.0


class Trader:
    """What it says, and all that it was ever told.

    Args:
        start: the time that the clock begins with, in Unix seconds.
        sessions: when each contract is traded.
        truth: what the gateway begins with.
    """

    def __init__(self, start: float = START, sessions: Sessions = always_open, truth: Truth = EMPTY_BOOK) -> None:
        self._clock = SteppedTime(start)
        self.prices, self.told = HandPrices(), list[Message]()
        self.desk = Desk(truth, prices=self.prices, now=self._clock.now, sessions=sessions)
        self.client = Client(
            client_id=5,
            server_version=226,
            truth=truth,
            behaviour=ORDINARY,
            desk=self.desk,
            timing=self._clock,
            application=(10, 45),
        )
        self.desk.join(self.client)

    @property
    def now(self) -> float:
        """Its clock, in Unix seconds."""
        return self._clock.now()

    @now.setter
    def now(self, when: float) -> None:
        self._clock.step(when - self._clock.now())

    def say(self, name: str, values: dict[str, Value]) -> list[Message]:
        """Send a request; return what comes of it."""
        complete = catalogue().by_name[name].complete(values)
        return self._heard(*answer(Message(name, complete), self.client))

    def place(self, request: Message, **changes: Any) -> list[Message]:
        """Send an order; return what comes of it."""
        return self.say("place_order", {**request.values, **changes})

    def tick(self, seconds: float = 0.0) -> list[Message]:
        """Let time pass, and the desk look once; return what comes of it."""
        self.now += seconds
        self.desk.tick()
        return self._heard()

    def moves(self, con_id: int, bid: float, ask: float, **quote: Any) -> list[Message]:
        """Let the market move, and the desk look; return what comes of it."""
        self.prices.set(con_id, bid, ask, **quote)
        return self.tick()

    def _heard(self, *messages: Message) -> list[Message]:
        came = [*messages, *self.client.outbox.drain()]
        self.told += came
        return came
