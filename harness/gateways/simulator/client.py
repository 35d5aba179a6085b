"""Holds what a simulated gateway knows of one client: what answers depend on, and the orders that it has placed.

No other client sees those orders, and they end with the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.gateways.simulator.bars import Clock
from harness.gateways.simulator.prices import Prices, StillPrices
from harness.gateways.simulator.streams import Streams
from harness.gateways.simulator.timing import Timing, WallTime
from harness.gateways.simulator.truth import Truth, Values
from harness.known.scenarios import Behaviour
from harness.wire.message import Message


class Book:
    """One client's orders by order id, each with the values of its open order message."""

    def __init__(self) -> None:
        self._orders: dict[int, Values] = {}
        self._ended: set[int] = set()
        self._highest_id = 0

    @property
    def highest_id(self) -> int:
        """The highest order id that was used; 0 if none was."""
        return self._highest_id

    def use(self, order_id: int) -> None:
        """Take note that an id was used, be it only to ask what an order would do."""
        self._highest_id = max(self._highest_id, order_id)

    def keep(self, order: Values) -> None:
        """Take a new order, or a new state of one."""
        order_id = int(str(order["order_id"]))
        self.use(order_id)
        self._orders[order_id] = order

    def end(self, order: Values) -> None:
        """Take the last state of an order: it works no longer."""
        self.keep(order)
        self._ended.add(int(str(order["order_id"])))

    def find(self, order_id: int) -> Values | None:
        """Return an order, whether it works or not."""
        return self._orders.get(order_id)

    def has_ended(self, order_id: int) -> bool:
        """Return whether an order was placed and works no longer."""
        return order_id in self._ended

    def working(self) -> list[Values]:
        """Return the orders that work, in the order of their placing."""
        return [order for order_id, order in self._orders.items() if order_id not in self._ended]


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
        streams: what it is sent again and again.
        timing: the clock of the computer that the gateway runs on.
        application: the version of the gateway's application, ``(10, 45)``; some requests went with one.
        scans: the ids of its running scans.
        display_groups: the display group of each of its subscriptions, by request id.
    """

    client_id: int
    server_version: int
    truth: Truth
    behaviour: Behaviour
    delayed: bool = False
    book: Book = field(default_factory=Book)
    streams: Streams = field(default_factory=Streams)
    timing: Timing = field(default_factory=WallTime)
    application: tuple[int, ...] = ()
    scans: set[int] = field(default_factory=set)
    display_groups: dict[int, int] = field(default_factory=dict)

    def now(self) -> float:
        """Return the time by the gateway's clock, in Unix seconds."""
        return self.timing.now() + self.behaviour.clock_ahead

    @property
    def prices(self) -> Prices:
        """What contracts cost."""
        return StillPrices(self.truth)

    @property
    def clock(self) -> Clock:
        """How times are written for it."""
        return Clock.of(self.server_version, self.behaviour.time_zone, self.behaviour.login_zone)


Answer = Callable[[Message, Client], Iterator[Message]]
"""Yields what a Gateway sends back to a request, in order."""
