"""Runs a simulated gateway: a listening socket and the sessions on it.

It may keep connections whose clients have left, and answer nobody after some of them. A Gateway 10.40 did so when a
health check tested its port every few seconds: each test is a connection that sends nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from harness.gateways.simulator.days.files import Day
from harness.gateways.simulator.days.player import Player
from harness.gateways.simulator.doors import be_deaf, keeper_of
from harness.gateways.simulator.ending import end
from harness.gateways.simulator.fresh_account import emptied
from harness.gateways.simulator.gateway_profiles import Profile
from harness.gateways.simulator.kept import Kept
from harness.gateways.simulator.listening import Listener, streams
from harness.gateways.simulator.market import Market
from harness.gateways.simulator.prices import Prices
from harness.gateways.simulator.session import Session
from harness.gateways.simulator.timing import Timing, WallTime
from harness.gateways.simulator.trading.beat import Beat
from harness.gateways.simulator.trading.desk import Desk, desk_of
from harness.gateways.simulator.trading.hours import Sessions, always_open
from harness.gateways.simulator.trading.state_file import StateFile
from harness.gateways.simulator.truth import Truth, told_by
from harness.known import scenarios
from harness.known.scenarios import ANY, Behaviour, Door
from harness.shared.errors import GatewayError, UsageError, did_you_mean
from harness.wire.catalogue import catalogue
from harness.wire.message import Sender

log = logging.getLogger("ib_compat.simulator")


@dataclass(slots=True)
class _Served:
    """Whom a gateway has served and serves.

    Args:
        client_ids: the client ids that are connected.
        ids_held: those that are not, and still taken until a moment, in Unix seconds.
        admitted: how many clients are served.
        numbers: the number of the next connection.
        answered: the number of the next client that is admitted.
        written: answers that are the same for every client, by request and server version.
        leaving: whether the gateway ends.
        restarting: the restart that is under way, or was the last.
        desks: orders and accounts of each client id, where clients are apart.
    """

    client_ids: dict[int, asyncio.Task[None] | None] = field(default_factory=dict)
    ids_held: dict[int, float] = field(default_factory=dict)
    admitted: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    answered: Iterator[int] = field(default_factory=itertools.count)
    written: dict[tuple[str, int | None], bytes] = field(default_factory=dict)
    leaving: bool = False
    restarting: asyncio.Task[None] | None = None
    desks: dict[int, Desk] = field(default_factory=dict)


class SimulatedGateway:
    """An asynchronous context manager: listens inside, is gone without a trace outside.

    Args:
        profile: the versions that it speaks.
        mode: ``paper`` or ``live``; decides the account.
        host: the address to listen on.
        port: 0 takes a free one.
        truth: the data of its answers; by default the scenario's data from the package.
        scenario: how it differs from an ordinary one; a name of ``harness/known/scenarios/``.
        behaviour: keys that are laid over the scenario's.
        timing: the clock that it goes by; by default this computer's.
        prices: what contracts cost; by default those of the truth, which never change.
        sessions: when the market of each contract is open; by default always.
        apart: whether each client id has orders and accounts of its own, which outlive its connections as any do: so
            cells of a run that share a gateway do not see each other's.
        seed: that of a market that moves; by default the market stands still, and has the truth's few contracts.
        fresh: whether the accounts hold nothing, and nothing was ever ordered; by default they are the truth's.
        patient: whether what a client does not read waits in memory, however much it is; by default the gateway waits
            for the client, and leaves out moments of what it watches, as for any client that is slow.
        day: what happens to it, and when; by default nothing does. Clients that are apart do not hear of it.
        state: the file that orders and accounts are kept in, and begin with; by default they end with the gateway.
        overhear: is told what each connection says and is told: its number, who sends, and the bytes.

    Raises:
        SelectionError: the scenario does not exist.
        UsageError: the behaviour names a message that does not exist, or its port never accepts and there is a day.
        GatewayError: on entering, the port is in use or may not be opened, or the state cannot be read or written.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        mode: str = "paper",
        host: str = "127.0.0.1",
        port: int = 0,
        truth: Truth | None = None,
        scenario: str | None = None,
        behaviour: Behaviour = scenarios.ORDINARY,
        timing: Timing | None = None,
        prices: Prices | None = None,
        sessions: Sessions = always_open,
        apart: bool = False,
        seed: int | None = None,
        fresh: bool = False,
        patient: bool = False,
        day: Day | None = None,
        state: Path | None = None,
        overhear: Callable[[int, Sender, bytes], None] = lambda _number, _sender, _data: None,
    ) -> None:
        self._overhear = overhear
        self.profile = profile
        self.timing = timing or WallTime()
        self.mode, self.host, self.port = mode, host, port
        self.scenario = scenario
        self.behaviour = scenarios.played(scenario, behaviour)
        _check_messages(self.behaviour)
        shown = truth or told_by(mode, scenario, profile.desupport, self.behaviour.clock_ahead)
        self.market = None if seed is None else Market(seed, self._now, fresh=fresh)
        self.truth = self._begun(emptied(shown) if fresh else shown)
        self._new_desk = functools.partial(self._desk, prices, sessions)
        self.desk = self._new_desk()
        self._beat = Beat(self.desk, self.timing, self.behaviour.clock_ahead)
        self._apart, self._patient = apart, patient
        self._keeper = keeper_of(self.behaviour.door)
        self.kept = Kept(self.behaviour)
        self._listener = Listener(profile.name, host, port, self.behaviour, streams(self._connected))
        self._state = None if state is None else StateFile(state, self.desk, self._says, self._truth_at)
        self.player = None if day is None else self._player(day)
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._served = _Served()

    async def __aenter__(self) -> Self:
        if self._state is not None:
            self._state.open()
            self._beat.wake()
        try:
            await self.come_up()
            if self.player is not None:
                self.player.begin()
            await self.kept.made(self.host, self.port, self.behaviour.mute_before)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        log.debug("%s %s %s %s:%d", self.profile.name, self.mode, self.verb, self.host, self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._served.leaving = True
        async with AsyncExitStack() as stack:  # each happens, also if who leaves is cancelled meanwhile
            if self._state is not None:
                stack.callback(self._state.close)
            stack.push_async_callback(self.drop)
            stack.push_async_callback(self._listener.close)
            stack.push_async_callback(self._beat.stop)
            stack.push_async_callback(self._end_restart)
            if self.player is not None:
                stack.push_async_callback(self.player.stop)

    async def go_down(self, *, hold_ids: float = 0.0) -> None:
        """End all connections, and let the port refuse; orders and accounts stay, and so does the port ours.

        Args:
            hold_ids: how long the client ids that were connected stay taken, in seconds from now.
        """
        await self._listener.shut()
        self._served.ids_held |= dict.fromkeys(self._served.client_ids, self._now() + hold_ids)
        await self.drop()

    async def come_up(self) -> None:
        """Listen at the same port again.

        Raises:
            GatewayError: it cannot be had any more.
        """
        await self._listener.open()
        self.port = self._listener.port

    def restart(self) -> None:
        """Begin to go down and come up again, as every night; one that is under way goes on."""
        if self._served.restarting is None or self._served.restarting.done():
            self._served.restarting = asyncio.create_task(self._restart())

    async def _restart(self) -> None:
        await self.go_down()
        await asyncio.sleep(self.behaviour.restart_takes)
        await self.come_up()

    async def _end_restart(self) -> None:
        await end(self._served.restarting, expected=(GatewayError,))

    async def drop(self, client_id: int | None = None) -> None:
        """Break the connection of a client, or all with ``None``; its id is free when this returns."""
        tasks = list(self._connections) if client_id is None else [self._served.client_ids.get(client_id)]
        broken = [task for task in tasks if task in self._connections]
        for task in broken:
            self._connections[task].transport.abort()
            task.cancel()
        await asyncio.gather(*broken, return_exceptions=True)

    async def ended(self) -> NoReturn:
        """Wait for as long as it lasts.

        Raises:
            GatewayError: its day could not have the port again.
        """
        if self.player is not None:
            await self.player.wait()
        while True:
            await asyncio.Event().wait()

    @property
    def verb(self) -> str:
        """What it does at its port, in words."""
        return "holds, and does not listen on," if self.behaviour.door is Door.REFUSES else "listens on"

    @property
    def told_host(self) -> str:
        """The host that clients connect to: the address, unless the behaviour has a name for it."""
        return self.behaviour.host_name or self.host

    def _player(self, day: Day) -> Player:
        if not self._listener.can_be_shut:
            raise UsageError("a day needs a gateway that listens", hint="Choose another scenario, or none.")
        player = Player(day, self, self.timing, self.behaviour.clock_ahead)
        self.desk.conditions = player.conditions
        return player

    def _begun(self, shown: Truth) -> Truth:
        """Return what there is at the start: in a market that moves, that is the world's."""
        return shown if self.market is None else self.market.truth(shown, self.mode, self.scenario)

    def _truth_at(self, when: float) -> Truth:
        """Return what accounts began with that began at a moment."""
        if self.market is None:
            return self.truth
        return self.market.truth_at(when, self.truth, self.mode, self.scenario)

    def _desk(self, prices: Prices | None, sessions: Sessions) -> Desk:
        if self.market is not None:
            prices, sessions = self.market.prices, self.market.prices.session
        return desk_of(self.truth, self.behaviour, self.timing, prices=prices, sessions=sessions)

    @property
    def _says(self) -> str:
        market = "still" if self.market is None else "moving"
        return f"a {self.mode} gateway with a {market} market and {', '.join(self.truth.accounts)}"

    def _now(self) -> float:
        """Return the time by the gateway's clock, in Unix seconds."""
        return self.timing.now() + self.behaviour.clock_ahead

    def truth_now(self) -> Truth:
        """Return what clients are answered with: what is traded changes with the days."""
        return self._begun(self.truth)

    @property
    def clients(self) -> frozenset[int]:
        """The client ids that are connected now."""
        return frozenset(self._served.client_ids)

    def _desk_of_client(self, client_id: int) -> Desk:
        """Return the orders and accounts that a client sees."""
        if not self._apart:
            return self.desk
        if client_id not in self._served.desks:
            self._served.desks[client_id] = self._new_desk()
        return self._served.desks[client_id]

    def forget(self, client_id: int) -> None:
        """Let a client that is apart, when it connects next, have the orders and accounts of the start."""
        self._served.desks.pop(client_id, None)

    def claim(self, client_id: int) -> bool:
        """Take a client id; return whether it was free."""
        if client_id in self._served.client_ids or self._served.ids_held.get(client_id, 0.0) > self._now():
            return False
        self._served.client_ids[client_id] = asyncio.current_task()
        return True

    def release(self, client_id: int) -> None:
        """Release a client id."""
        self._served.client_ids.pop(client_id, None)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Register a connection at once, so that leaving finds every one; without an API, read nothing yet."""
        if self._served.leaving or self._listener.refuses:
            writer.transport.abort()
            return
        if self._patient:
            writer.transport.set_write_buffer_limits(high=sys.maxsize)
        if self._keeper is not None or self.kept.wedged:
            be_deaf(writer)
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._connections.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._served.numbers)
        label = f"{self.profile.name} connection {number}"
        try:
            if self.kept.wedged:
                await asyncio.Event().wait()
            elif self._keeper is None:
                await self._admit(number, label, reader, writer)
            else:
                log.debug("%s: the door %s", label, self.behaviour.door)
                await self._keeper(reader, writer, self.behaviour)
        except OSError as problem:
            log.info("%s broke off: %s", label, problem)
        finally:
            writer.close()
            try:
                with contextlib.suppress(OSError):  # the client aborted while we were closing
                    await writer.wait_closed()
            finally:
                log.debug("%s ended", label)

    async def _admit(self, number: int, label: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.behaviour.trusts(address := address_of(writer)):
            log.warning("%s closed: %s is not trusted", label, address)
            return
        if self._served.admitted >= self.behaviour.max_clients:
            log.warning("%s closed: %d clients are connected", label, self.behaviour.max_clients)
            return
        session = Session(
            label,
            profile=self.profile,
            truth=self.truth_now,
            registry=self,
            writer=writer,
            behaviour=self._behaviour_for_next(),
            written=self._served.written,
            timing=self.timing,
            desk_of_client=self._desk_of_client,
            overhear=functools.partial(self._overhear, number),
        )
        self._served.admitted += 1
        try:
            await session.serve(reader)
        finally:
            self._served.admitted -= 1
        if self.behaviour.keeps_unserved and not session.answered and not session.overdue:
            await self.kept.keep(greeted=session.greeted)

    def _behaviour_for_next(self) -> Behaviour:
        """Return the behaviour that the next client meets: once enough clients were served, none is answered."""
        most = self.behaviour.silent_after
        if most is None or next(self._served.answered) < most:
            return self.behaviour
        return self.behaviour.model_copy(update={"silent_above": 0})


def address_of(writer: asyncio.StreamWriter) -> str:
    """Return where a connection comes from."""
    address: str = writer.get_extra_info("peername")[0]
    return address


def _check_messages(behaviour: Behaviour) -> None:
    """Refuse names of messages that do not exist: nothing would ever be different."""
    named = [("never_sent", name) for name in behaviour.never_sent]
    named += [("closes_on", behaviour.closes_on or ANY)]
    named += [("restarts_on", behaviour.restarts_on or ANY)]
    named += [("loses_connectivity_on", behaviour.loses_connectivity_on or ANY)]
    known = catalogue().by_name
    for key, name in named:
        if name != ANY and name not in known:
            raise UsageError(f"{key}: {name!r}: no message is called so{did_you_mean(name, known)}")
