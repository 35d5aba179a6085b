"""Tries a program at the simulated gateway that it runs at today, and at another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.gateways.simulator.gateway_profiles import Profile
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.timing import FastTime
from harness.programs.answer import Answer, decide
from harness.programs.program import Program, Ran
from harness.run.programs.network import Network, refuse_neighbours
from harness.run.programs.running import run_program

_AGAIN: ContextVar[bool] = ContextVar("again", default=False)
"""Whether what happens belongs to a run that repeats another."""


class _OnlyOnce(logging.Filter):
    """Leaves out what happens in the run that only repeats another."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether it is logged."""
        del record
        return not _AGAIN.get()


ONLY_ONCE = _OnlyOnce()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried.

    Args:
        program: the program.
        today: the gateway that it runs at today.
        then: the other.
        network: what the program can reach.
        seed: that of the moving market, which is the same at both; ``None`` for one that stands still.
        fresh: whether the account begins with cash alone.
        at: the moment that the gateways' clocks begin with; ``None`` for now.
    """

    program: Program
    today: Profile
    then: Profile
    network: Network
    seed: int | None = 1
    fresh: bool = False
    at: datetime | None = None


async def attempt(trial: Trial, tell: Callable[[Ran], None]) -> Answer:
    """Run the program twice at the gateway of today and once at the other; side by side, if each has its network.

    Args:
        trial: what is tried.
        tell: is told of each run that is over.

    Raises:
        UsageError: the program cannot be started, or would be tried beside a gateway that is not ours.
    """
    if trial.network is Network.OWN:
        return decide(*await _side_by_side(trial, tell))
    refuse_neighbours()
    return decide(*[await each for each in _runs(trial, tell)])


def _runs(trial: Trial, tell: Callable[[Ran], None]) -> Iterator[Coroutine[Any, Any, Ran]]:
    for profile, again in ((trial.today, False), (trial.today, True), (trial.then, False)):
        yield _run(trial, profile, tell, again=again)


async def _side_by_side(trial: Trial, tell: Callable[[Ran], None]) -> list[Ran]:
    tasks = [asyncio.create_task(each) for each in _runs(trial, tell)]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # what keeps one from starting keeps all


async def _run(trial: Trial, profile: Profile, tell: Callable[[Ran], None], *, again: bool) -> Ran:
    _AGAIN.set(again)
    timing = None if trial.at is None else FastTime(trial.at.timestamp())
    async with SimulatedGateway(profile, seed=trial.seed, fresh=trial.fresh, timing=timing) as gateway:
        ran = await run_program(
            trial.program,
            (gateway.host, gateway.port),
            trial.network,
            name=profile.name,
            server_version=profile.server_version,
        )
    tell(ran)
    return ran
