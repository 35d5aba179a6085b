"""Tries a program with the simulated gateway and the library that it has today, and with others."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from harness.gateways.replay.server import ReplayedGateway
from harness.gateways.simulator.days.files import Day
from harness.gateways.simulator.gateway_profiles import Profile
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.timing import FastTime
from harness.known.scenarios import ORDINARY, Behaviour
from harness.programs.answer import Answer, decide
from harness.programs.expected import Expected
from harness.programs.program import Program, Ran
from harness.programs.reactions import cautions
from harness.recordings.archive import RecordingFile
from harness.recordings.indexed import indexed_file
from harness.run.programs.elsewhere import Elsewhere, guarded
from harness.run.programs.network import Network
from harness.run.programs.running import Gateway, run_program
from harness.shared.status import Finding

_MORE = 2
"""Runs with each side that confirm a difference. Of what a program does in half of its runs, one alone would find every
sixteenth time that the sides differ; two, which run at the same time, every sixty-fourth."""

_MORE_BY_CHANCE = 4
"""Further runs with each side where what differs was seen to differ by chance with any side. Of many gateways, one in
sixty-four is too many; these bring it to one in sixteen thousand, and hide nothing that is always so."""

_AT_ONCE = 3
"""How many programs run at once, at least: the answer about two gateways needs three runs."""

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
class Replay:
    """A recording that answers."""

    file: Path
    speed: float | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.file.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What a program runs with: one side of the comparison.

    Args:
        gateway: the simulated gateway, a recording, or one that somebody else runs.
        scenario: what the simulated gateway plays; ``None`` for an ordinary one.
        library: name and version of the library that is tried; empty if the program has its own.
        tools: the folder of its environment's commands; ``None`` if the program has its own.
        edits: the bytes of files of the program that are changed for it.
        name: what its gateway is called [default: by its version, and its scenario]
        mode: ``paper`` or ``live``, if it is simulated.
        behaviour: overrides the scenario's.
    """

    gateway: Profile | Replay | Elsewhere
    scenario: str | None = None
    library: str = ""
    tools: Path | None = None
    edits: Mapping[Path, bytes] = field(default_factory=dict)
    name: str = ""
    mode: str = "paper"
    behaviour: Behaviour = ORDINARY

    @property
    def called(self) -> str:
        """What its gateway is called."""
        if self.name:
            return self.name
        return f"{self.gateway.name}:{self.scenario}" if self.scenario else self.gateway.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried.

    Args:
        program: the program.
        today: what it runs with today.
        then: what else it is tried with.
        network: what the program can reach.
        seed: that of the moving market, which is the same at both; ``None`` for one that stands still.
        fresh: whether the account begins with cash alone.
        at: the moment that the gateways' clocks begin with; ``None`` for now.
        day: what happens to simulated gateways, and when; ``None`` for an ordinary time.
        sees_clock: whether the program sees that moment, too, and not this machine's.
        expected: what its user expects of each run.
        libraries: the version of each library that the program has, if none is tried.
    """

    program: Program
    today: Side
    then: Sequence[Side]
    network: Network
    seed: int | None = 1
    fresh: bool = False
    at: datetime | None = None
    day: Day | None = None
    sees_clock: bool = False
    expected: Expected = field(default_factory=Expected)
    libraries: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, side: Side) -> str:
        """Return what a person calls a side: by what differs between the sides."""
        libraries = {each.library for each in (self.today, *self.then)}
        gateways = {each.called for each in (self.today, *self.then)}
        library = side.library if len(libraries) > 1 else ""
        gateway = side.called if len(gateways) > 1 or not library else ""
        return ", ".join(filter(None, (library, gateway)))


async def attempt(trial: Trial, tell: Callable[[Ran], None]) -> tuple[Answer, ...]:
    """Run the program twice with what it has today and once with each other, and again where it does not the same.

    Args:
        trial: what is tried.
        tell: is told of each run that is over.

    Returns:
        An answer for each other.

    Raises:
        UsageError: the program cannot be started, or would be tried beside a gateway that is not ours.
        ResultsError: a recording cannot be read.
    """
    today, again, *others = await _ran(trial, tell, [trial.today, trial.today, *trial.then])
    runs = [[today, again], *([then] for then in others)]
    answers = [decide(runs[0], then, trial.expected) for then in runs[1:]]
    for more, doubted in ((_MORE, _different), (_MORE_BY_CHANCE, _by_chance)):
        numbers = doubted(answers)
        if numbers:
            await _again(trial, tell, runs, numbers, more)
        for number in numbers:
            answers[number] = decide(runs[0], runs[number + 1], trial.expected)
    return tuple(answers)


def _different(answers: Sequence[Answer]) -> list[int]:
    return [number for number, answer in enumerate(answers) if answer.finding is Finding.DIFFERENT]


def _by_chance(answers: Sequence[Answer]) -> list[int]:
    """Return the numbers of those that differ in what differs even between two runs with one of all the sides."""
    chance = {(each.kind, each.where) for answer in answers for each in (*answer.noise, *answer.noise_then)}
    return [
        number
        for number in _different(answers)
        if any((each.kind, each.where) in chance for each in answers[number].found)
    ]


async def _again(
    trial: Trial, tell: Callable[[Ran], None], runs: Sequence[list[Ran]], numbers: Sequence[int], more: int
) -> None:
    """Run the program again with what it has today and with others, and add these runs to theirs."""
    sides = [(runs[0], trial.today), *((runs[number + 1], trial.then[number]) for number in numbers)]
    ran = iter(await _ran(trial, tell, [side for _, side in sides for _ in range(more)]))
    for those, _ in sides:
        those.extend(islice(ran, more))


async def _ran(trial: Trial, tell: Callable[[Ran], None], sides: Sequence[Side]) -> list[Ran]:
    """Run the program with each side: at once, if each run has its own network, folder and gateway, else in turn."""
    room = asyncio.Semaphore(max(_AT_ONCE, os.cpu_count() or 1))
    runs = (_run(trial, side, tell, room, again=side in sides[:number]) for number, side in enumerate(sides))
    elsewhere = any(isinstance(side.gateway, Elsewhere) for side in sides)
    if trial.network is Network.OPEN or elsewhere or not trial.program.copied:
        return [await each for each in runs]
    tasks = [asyncio.create_task(each) for each in runs]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # what keeps one from starting keeps all


async def _run(trial: Trial, side: Side, tell: Callable[[Ran], None], room: asyncio.Semaphore, *, again: bool) -> Ran:
    _AGAIN.set(again)
    async with room, _opened(trial, side) as gateway:
        program = replace(trial.program, edits=side.edits)
        ahead = trial.at.timestamp() - time.time() if trial.at is not None and trial.sees_clock else None
        there = replace(gateway, ahead=ahead)
        ran = await run_program(program, there, trial.network, side=trial.name_of(side), tools=side.tools)
    name, _, version = side.library.partition(" ")
    ran = replace(ran, cautions=cautions(ran.asked, {name: version} if version else trial.libraries))
    tell(ran)
    return ran


@asynccontextmanager
async def _opened(trial: Trial, side: Side) -> AsyncIterator[Gateway]:
    """Let a gateway listen; yield it."""
    gateway = side.gateway
    if isinstance(gateway, Replay):
        with RecordingFile(gateway.file) as file:
            recorded = await asyncio.to_thread(indexed_file, file)
            async with ReplayedGateway(recorded, name=gateway.name, speed=gateway.speed) as replayed:
                yield Gateway(at=(replayed.host, replayed.port))
        return
    if isinstance(gateway, Elsewhere):
        async with guarded(gateway) as address:
            yield Gateway(at=address, client_id=gateway.client_id, account=gateway.only_account)
        return
    timing = None if trial.at is None else FastTime(trial.at.timestamp())
    async with SimulatedGateway(
        gateway,
        mode=side.mode,
        scenario=side.scenario,
        behaviour=side.behaviour,
        seed=trial.seed,
        fresh=trial.fresh,
        timing=timing,
        day=trial.day,
    ) as simulated:
        yield Gateway(at=(simulated.host, simulated.port), account=simulated.truth.accounts[0])
