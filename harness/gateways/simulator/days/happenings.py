"""Does to a gateway what the events of a day say: what clients are told, in which order, and what stops.

Order and texts: users' logs of 2025 and 2026, where it is not said that something is documented or inferred.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Protocol

from harness.gateways.simulator.answers import UNREADABLE, answer
from harness.gateways.simulator.answers.interruptions import COMPETING, COMPETING_TEXT
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.days.conditions import Conditions, Waiting
from harness.gateways.simulator.days.farms import Farm, State, all_farms
from harness.gateways.simulator.days.tables import (
    AnyEvent,
    DesupportNotice,
    FarmsBreak,
    FarmsIdle,
    FarmsOk,
    LinkLost,
    Notice,
    Restart,
    Takeover,
)
from harness.gateways.simulator.own_errors import OwnError, words_of
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.trading.desk import Desk
from harness.shared.desupport_text import CODE, Desupport
from harness.wire.message import Message

log = logging.getLogger("ib_compat.simulator")

LOST, LOST_TEXT = 1100, "Connectivity between IBKR and Trader Workstation has been lost."
BACK, BACK_WITHOUT_DATA = 1102, 1101
BACK_TEXT = "Connectivity between IBKR and Trader Workstation has been restored - data {}. {}"
DEAD, DEAD_TEXT = 10182, "Failed to request live updates (disconnected)."

_LINES = (Kind.QUOTES, Kind.DEPTH, Kind.TICKS, Kind.REAL_TIME_BARS)


class Stage(Protocol):
    """What a day happens to."""

    @property
    def desk(self) -> Desk:
        """The orders and the clients."""
        ...

    async def go_down(self, *, hold_ids: float = 0.0) -> None:
        """End all connections, and refuse new ones."""

    async def come_up(self) -> None:
        """Listen again."""


async def begin(event: AnyEvent, lasts: float, stage: Stage, conditions: Conditions) -> None:
    """Let an event begin.

    Args:
        event: what happens.
        lasts: for how long, in seconds; 0 if it does not last.
        stage: to whom.
        conditions: what is so there.
    """
    desk = stage.desk
    match event:
        case Restart():
            await stage.go_down(hold_ids=lasts + (event.holds_ids or 0.0))
            conditions.restart()
            if event.ids_back:
                desk.book.go_back(event.ids_back)
        case FarmsBreak():
            _tell_all(desk, _break(_named(event.farms) or conditions.farms(State.OK), conditions))
            _end_bars(desk, conditions)
        case LinkLost():
            _lose_link(desk, conditions)
        case Takeover():
            conditions.taken = True
            for client in desk.clients.values():
                client.outbox.put(error(COMPETING, COMPETING_TEXT, req_id) for _, req_id in client.streams.of(*_LINES))
        case _:
            _say(event, desk, conditions)


def _say(event: AnyEvent, desk: Desk, conditions: Conditions) -> None:
    """Let something happen that does not last."""
    match event:
        case FarmsIdle():
            _tell_all(desk, [conditions.become(farm, State.IDLE) for farm in _named(event.farms)])
        case FarmsOk():
            _mend(desk, event.farms, conditions, State.BROKEN, State.IDLE)
        case DesupportNotice():
            conditions.desupport = Desupport(event.version, event.date.isoformat(), event.minimum)
            _tell_all(desk, [error(CODE, conditions.desupport.text)])
        case Notice():
            _tell_all(desk, [error(event.code, event.text)])
        case _:
            raise AssertionError(event)


async def end(event: AnyEvent, stage: Stage, conditions: Conditions) -> None:
    """Let an event end."""
    desk = stage.desk
    match event:
        case Restart():
            await stage.come_up()
        case FarmsBreak():
            _mend(desk, event.farms, conditions, State.BROKEN)
        case LinkLost() if not conditions.linked:  # it may be back by a restart
            _find_link(desk, event, conditions)
        case Takeover():
            conditions.taken = False
            _release(desk, conditions)
        case _:
            pass


def _named(names: Iterable[str] | None) -> list[Farm]:
    wanted = frozenset(names or ())
    return [farm for farm in all_farms().values() if farm.name in wanted]


def _tell_all(desk: Desk, messages: list[Message]) -> None:
    for client in desk.clients.values():
        client.outbox.put(messages)


def _break(farms: Iterable[Farm], conditions: Conditions) -> list[Message]:
    return [conditions.become(farm, State.BROKEN) for farm in farms]


def _end_bars(desk: Desk, conditions: Conditions) -> None:
    """End bars that are kept up to date, once their farm broke."""
    for client in desk.clients.values():
        for kind, req_id in client.streams.of(Kind.BARS):
            if not conditions.linked or conditions.is_broken(client.streams.farms.get((kind, req_id), "")):
                client.outbox.put(_ended(client, kind, req_id))


def _ended(client: Client, kind: Kind, req_id: int) -> Iterator[Message]:
    client.streams.cancel(kind, req_id)
    yield error(DEAD, DEAD_TEXT, req_id)


def _lose_link(desk: Desk, conditions: Conditions) -> None:
    """Break each farm, 2103 before 2105 before 2157, end bars that were kept up to date, and say 1100."""
    conditions.linked = False
    _tell_all(desk, _break(conditions.farms(State.OK), conditions))
    _end_bars(desk, conditions)
    _tell_all(desk, [error(LOST, LOST_TEXT)])


def _find_link(desk: Desk, event: LinkLost, conditions: Conditions) -> None:
    """Say 1102, or 1101 after which no line lives, with the farms; then that each is well.

    That 1101 ends lines is documented; that each of them gets 10182 is inferred.
    """
    conditions.linked = True
    missing = _named(event.missing)
    farms = [farm for farm in conditions.farms(State.BROKEN) if farm not in missing]
    code = BACK_WITHOUT_DATA if event.data_lost else BACK
    text = BACK_TEXT.format("lost" if event.data_lost else "maintained", _list_of(farms, missing))
    _tell_all(desk, [error(code, text)])
    if event.data_lost:
        for client in desk.clients.values():
            for kind, req_id in client.streams.of(*_LINES):
                client.outbox.put(_ended(client, kind, req_id))
    _mend(desk, [farm.name for farm in farms], conditions, State.BROKEN)
    desk.wake()


def _list_of(farms: list[Farm], missing: list[Farm]) -> str:
    names, absent = ("; ".join(farm.name for farm in each) for each in (farms, missing))
    if not missing:
        return f"All data farms are connected: {names}."
    return f"The following farms are connected: {names}. The following farms are not connected: {absent}."


def _mend(desk: Desk, names: Iterable[str] | None, conditions: Conditions, *states: State) -> None:
    """Let farms that are so be well again: those of some names, or all that are broken."""
    wanted = None if names is None else frozenset(names)
    farms = conditions.farms(*states) if wanted is not None else conditions.farms(State.BROKEN)
    _tell_all(desk, [conditions.become(farm, State.OK) for farm in farms if wanted is None or farm.name in wanted])
    _release(desk, conditions)


def _release(desk: Desk, conditions: Conditions) -> None:
    """Answer requests for market data that waited (captured: lines live on, and what waited comes)."""
    for waiting in conditions.released():
        if desk.clients.get(waiting.client.client_id) is waiting.client:
            _answer(waiting)


def _answer(waiting: Waiting) -> None:
    """Answer a request that waited; if the simulator fails, say so to its client alone: others wait, too."""
    try:
        waiting.client.outbox.put(answer(waiting.request, waiting.client))
    except Exception as problem:
        log.exception("the simulator failed to answer %s, which had waited", waiting.request.name)
        req_id = waiting.request.number("req_id")
        waiting.client.outbox.put([error(UNREADABLE, words_of(OwnError(problem)), req_id)])
