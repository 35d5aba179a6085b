"""Holds what is so in a gateway whose day passes: its farms, its link, who has the session, and who waits for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.gateways.simulator.days.farms import Farm, FarmKind, State, all_farms, notice
from harness.gateways.simulator.streams import Kind
from harness.shared.desupport_text import Desupport
from harness.wire.message import Message

if TYPE_CHECKING:
    from harness.gateways.simulator.client import Client


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A request for market data that is answered once its farm can.

    Args:
        client: who asked.
        kind: what was asked for.
        request: the request.
        farm: the name of the farm.
    """

    client: Client
    kind: Kind
    request: Message
    farm: str


class Conditions:
    """What is so at the moment.

    Args:
        idle: names of the farms that are idle at the start, and after a restart.
    """

    def __init__(self, idle: Iterable[str] = ()) -> None:
        self._idle = frozenset(idle)
        self._states: dict[str, State] = {}
        self.linked = True
        """Whether the gateway reaches IBKR."""
        self.taken = False
        """Whether another session has the market data."""
        self.desupport: Desupport | None = None
        """What it says of its own end."""
        self.waiting: list[Waiting] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a login."""
        self._states = {name: State.IDLE if name in self._idle else State.OK for name in all_farms()}
        self.linked, self.taken = True, False
        self.waiting.clear()

    def state(self, farm: Farm) -> State:
        """Return how a farm is."""
        return self._states[farm.name]

    def is_broken(self, farm: str) -> bool:
        """Return whether a farm of that name is broken."""
        return self._states.get(farm) is State.BROKEN

    def become(self, farm: Farm, state: State) -> Message:
        """Change how a farm is, and return the notice of it."""
        self._states[farm.name] = state
        return notice(farm, state)

    def farms(self, *states: State) -> list[Farm]:
        """Return the farms that are so, in the order in which they are named."""
        ordered = sorted(all_farms().values(), key=lambda farm: list(FarmKind).index(farm.kind))
        return [farm for farm in ordered if self._states[farm.name] in states]

    def notices(self) -> Iterator[Message]:
        """Yield what a client that connects is told of the farms; that an idle one is told as such is captured."""
        for farm in self.farms(*State):
            yield notice(farm, self._states[farm.name])

    def flows(self, farm: str) -> bool:
        """Return whether market data of a farm comes."""
        return self.linked and not self.taken and not self.is_broken(farm)

    def released(self) -> list[Waiting]:
        """Take out those who waited for what is so now, and return them."""
        released = [each for each in self.waiting if self.flows(each.farm)]
        self.waiting = [each for each in self.waiting if each not in released]
        return released

    def forget(self, client: Client, kind: Kind, req_id: object) -> bool:
        """Let a request wait no longer; return whether it did."""
        mine, before = (kind, req_id), len(self.waiting)
        self.waiting = [
            each for each in self.waiting if each.client is not client or (each.kind, each.request["req_id"]) != mine
        ]
        return len(self.waiting) < before
