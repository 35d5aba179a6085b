"""What a simulated gateway knows of one client: what an answer may depend on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.gateways.simulator.book import Book
from harness.gateways.simulator.clock import Clock
from harness.gateways.simulator.truth import Truth
from harness.known.scenarios import Behaviour
from harness.wire.message import Message


@dataclass(slots=True, kw_only=True)
class Client:
    """One client that has started the API.

    Args:
        client_id: as it named itself.
        server_version: as negotiated.
        truth: what the gateway answers with.
        behaviour: how the gateway differs from an ordinary one.
        delayed: whether it asked for delayed market data.
        book: the orders that it placed.
    """

    client_id: int
    server_version: int
    truth: Truth
    behaviour: Behaviour
    delayed: bool = False
    book: Book = field(default_factory=Book)

    def now(self) -> float:
        """Return the time by the gateway's clock, in Unix seconds."""
        return time.time() + self.behaviour.clock_ahead

    @property
    def clock(self) -> Clock:
        """How it is told times."""
        return Clock.of(self.server_version, self.behaviour.time_zone, self.behaviour.login_zone)


Answer = Callable[[Message, Client], Iterator[Message]]
"""Yields what a Gateway sends back to a request, in order."""
