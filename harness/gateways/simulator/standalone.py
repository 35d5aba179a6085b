"""Runs a simulated gateway by itself, for any client: ``ib-compat simulate``."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypedDict, TypeVar, Unpack

from harness.gateways.simulator.days.files import Day
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.timing import Timing
from harness.known.scenarios import ORDINARY, Behaviour
from harness.known.scenarios import find as find_scenario
from harness.known.scenarios import played as played_by
from harness.wire.message import Sender

T = TypeVar("T")

_PACED = Behaviour(pacing=True)
"""What a gateway by itself plays unless told otherwise: programs that are tried at it meet the limits of a real one."""


class Played(TypedDict, total=False):
    """What may be left out, with the defaults of :class:`SimulatedGateway`.

    Args:
        scenario: how it differs from an ordinary one.
        seed: that of a market that moves; ``None`` for one that stands still.
        fresh: whether the accounts begin with cash alone; by default they hold what the truth says.
        timing: the clock that it goes by; by default this computer's.
        day: what happens to it, and when; by default nothing does.
        state: the file that orders and accounts are kept in, and begin with; by default they end with the gateway.
        overhear: is told what each connection says and is told; by default nobody is.
    """

    scenario: str | None
    seed: int | None
    fresh: bool
    timing: Timing | None
    day: Day | None
    state: Path | None
    overhear: Callable[[int, Sender, bytes], None]


def run(
    gateway: str,
    *,
    mode: str,
    host: str,
    port: int | None,
    announce: Callable[[str], None],
    quiet: bool = False,
    behaviour: Behaviour = ORDINARY,
    until: Callable[[SimulatedGateway], Awaitable[int]] | None = None,
    **played: Unpack[Played],
) -> int:
    """Serve until interrupted, or until something is over; log every message in words on standard error.

    Args:
        gateway: a profile's name, ``gateway-10.45``, or a version alone for IB Gateway.
        mode: ``paper`` or ``live``.
        host: the address to listen on.
        port: the port; ``None`` takes the product's usual one, 0 a free one.
        announce: called once, with a sentence, when the gateway listens.
        quiet: log connections only, not each message.
        behaviour: keys that are laid over the scenario's. Limits of pace are on unless either has the key.
        until: begins when the gateway listens; the gateway ends with it [default: it serves until interrupted]
        played: what else it plays.

    Returns:
        What ``until`` came to.

    Raises:
        SelectionError: no profile or no scenario has that name.
        UsageError: the scenario and the day do not go together.
        GatewayError: the port is in use, also if it is taken while the day has it shut; or the state is broken.
    """
    profile = find(gateway)
    wanted = profile.ports[mode] if port is None else port
    log_in_words(logging.INFO if quiet else logging.DEBUG)
    asked = played_by(played.get("scenario"), behaviour)
    if "pacing" not in asked.given:
        behaviour = behaviour.under(_PACED)
    simulated = SimulatedGateway(profile, mode=mode, host=host, port=wanted, behaviour=behaviour, **played)
    return asyncio.run(_serve(simulated, announce, asked, until))


def log_in_words(level: int = logging.DEBUG, *, only: logging.Filter | None = None) -> None:
    """Log what simulated gateways say and hear on standard error.

    Args:
        level: ``INFO`` for connections only.
        only: what is logged [default: everything]
    """
    logging.basicConfig(
        stream=sys.stderr, level=level, format="%(asctime)s.%(msecs)03d %(message)s", datefmt="%H:%M:%S"
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    if only is not None:
        for handler in logging.getLogger().handlers:
            handler.addFilter(only)


async def _serve(
    simulated: SimulatedGateway,
    announce: Callable[[str], None],
    asked: Behaviour,
    until: Callable[[SimulatedGateway], Awaitable[int]] | None,
) -> int:
    async with simulated:
        profile, plays = simulated.profile, _played(simulated, asked)
        announce(
            f"{profile.name} {simulated.mode} {simulated.verb} {simulated.told_host}:{simulated.port}, server version "
            f"{profile.server_version} ({profile.evidence}: {profile.source}){plays}; Ctrl-C ends it"
        )
        return await _first(simulated.ended(), *([] if until is None else [until(simulated)]))


async def _first(*waited: Awaitable[T]) -> T:
    """Return what the first came to that is over, and end the others."""
    tasks = [asyncio.ensure_future(each) for each in waited]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _played(simulated: SimulatedGateway, asked: Behaviour) -> str:
    """Say what a gateway plays that is not an ordinary one."""
    name = f"; plays {simulated.scenario}: {find_scenario(simulated.scenario).says}" if simulated.scenario else ""
    name += f"; {simulated.player.says}" if simulated.player else ""
    given = asked.as_json()
    return f"{name}; {json.dumps(given)}" if given else name
