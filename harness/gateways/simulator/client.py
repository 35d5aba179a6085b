"""Holds what a simulated gateway knows of one client: what answers depend on, and what it is still to be told.

Its orders are not here: they are the gateway's, and outlive the connection (``trading/``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from harness.gateways.simulator.bars import Clock
from harness.gateways.simulator.days.conditions import Conditions
from harness.gateways.simulator.prices import Prices
from harness.gateways.simulator.streams import Streams
from harness.gateways.simulator.timing import Timing, WallTime
from harness.gateways.simulator.trading.desk import Desk
from harness.gateways.simulator.trading.outbox import Outbox
from harness.gateways.simulator.trading.watchers import Watched
from harness.gateways.simulator.truth import Truth
from harness.known.scenarios import Behaviour
from harness.wire.message import Message


class DataType(IntEnum):
    """Market data types, by IBKR's numbers."""

    LIVE = 1
    FROZEN = 2
    DELAYED = 3
    DELAYED_FROZEN = 4

    @property
    def delayed(self) -> bool:
        """Whether delayed data is taken where there is no live data."""
        return self in {DataType.DELAYED, DataType.DELAYED_FROZEN}

    @property
    def frozen(self) -> bool:
        """Whether the last data are taken while the market is closed."""
        return self in {DataType.FROZEN, DataType.DELAYED_FROZEN}


FRACTIONS_SINCE = 163
"""Server version from which a client can read sizes that are fractions."""


@dataclass(slots=True, kw_only=True)
class Client:
    """One client that has started the API.

    Args:
        client_id: as it named itself.
        server_version: as negotiated.
        truth: what the gateway answers with.
        behaviour: how the gateway differs from an ordinary one.
        data_type: the market data that it asked for.
        desk: the orders and accounts of the gateway.
        outbox: what it is told unasked.
        watched: what it watches of its accounts.
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
    data_type: DataType = DataType.LIVE
    desk: Desk
    outbox: Outbox = field(default_factory=Outbox)
    watched: Watched = field(default_factory=Watched)
    streams: Streams = field(default_factory=Streams)
    timing: Timing = field(default_factory=WallTime)
    application: tuple[int, ...] = ()
    scans: set[int] = field(default_factory=set)
    display_groups: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let what it watches follow what is so in the gateway."""
        if self.conditions is not None:
            self.streams.flows = self.conditions.flows

    @property
    def conditions(self) -> Conditions | None:
        """What is so in the gateway at the moment; ``None`` if no day passes."""
        return self.desk.conditions

    @property
    def reads_fractions(self) -> bool:
        """Whether it can read sizes that are fractions."""
        return self.server_version >= FRACTIONS_SINCE

    def now(self) -> float:
        """Return the time by the gateway's clock, in Unix seconds."""
        return self.timing.now() + self.behaviour.clock_ahead

    @property
    def prices(self) -> Prices:
        """What contracts cost."""
        return self.desk.prices

    @property
    def clock(self) -> Clock:
        """How times are written for it."""
        return Clock.of(self.server_version, self.behaviour.time_zone, self.behaviour.login_zone)


Answer = Callable[[Message, Client], Iterator[Message]]
"""Yields what a Gateway sends back to a request, in order."""
