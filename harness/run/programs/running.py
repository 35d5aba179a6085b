"""Runs a program against a gateway, with a tap between them, until it ends or its time is over."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.programs.asked import asked_by
from harness.programs.program import End, Program, Ran
from harness.run.programs.ending import MARK, end, end_left
from harness.run.programs.network import Network, OpenNetwork, OwnNetwork, Start
from harness.run.programs.output import Output
from harness.run.programs.places import Address, Place, place_for
from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Limits
from harness.shared.errors import UsageError
from harness.shared.hosts import LOOPBACK

_MIB = 2**20
LIMITS = Limits(client=64 * _MIB, gateway=64 * _MIB, most_bytes=2**50, most_messages=2**50)
"""How much of each connection is kept. A program may stream for as long as it runs, so nothing is too much to pass."""

SETTLED_SECONDS = 1.0
"""At the end of a program that is ended: what it does then, another run has perhaps not the time for."""


async def run_program(
    program: Program, gateway: tuple[str, int], network: Network, *, side: str, tools: Path | None = None
) -> Ran:
    """Run a program against a gateway.

    Args:
        program: what runs.
        gateway: the address of the gateway, which accepts connections.
        network: what the program can reach.
        side: what it runs with, for a person.
        tools: the folder of an environment in which its command is looked for first.

    Raises:
        UsageError: the program cannot be started, or cannot have that network.
    """
    mark, session = secrets.token_hex(8), None
    entered = OwnNetwork() if network is Network.OWN else OpenNetwork()
    with place_for(program) as place, Output() as output:
        try:
            address = Address(host=LOOPBACK, port=entered.port)
            start = _start(program, place, place.environment(program, address, {MARK: mark}, tools), address, output.to)
            listeners = await entered.prepare(start)
            async with Tap(*gateway, limits=LIMITS, listeners=listeners) as tap:
                began = time.monotonic()
                process = await entered.begin()
                session = process.pid
                output.started()
                lead = time.monotonic() - began
                over = await _until_over(process, program.seconds, output)
        finally:
            await entered.close()
            left = await asyncio.to_thread(end_left, mark, session)
    return Ran(
        side=side,
        end=End(code=over.code, seconds=over.seconds, by_us=over.by_us, left=left),
        asked=await asyncio.to_thread(asked_by, tap.transcript),
        output=place.plain(over.output),
        settled=place.plain(over.settled),
        settled_at=lead + over.seconds - SETTLED_SECONDS if over.by_us else None,
    )


def executable(program: Program, path: str | None = None) -> Path:
    """Return the file that the first word of a program's command means.

    Args:
        program: the program.
        path: where commands are looked for [default: ``PATH``]

    Raises:
        UsageError: there is none.
    """
    word = program.command[0]
    found = shutil.which(word, path=path) or shutil.which(str(program.folder / word))
    if found is None:
        raise UsageError(f"{word}: there is no such command", hint="After -- comes what you type in a terminal.")
    return Path(found).absolute()


def _start(program: Program, place: Place, environment: Mapping[str, str], address: Address, output: int) -> Start:
    first = str(executable(program, environment.get("PATH")))
    words = (first, *(address.filled(word) for word in program.command[1:]))
    words = tuple(place.moved(word, program.folder) for word in words)
    return Start(command=words, environment=environment, folder=place.folder, output=output)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Over:
    """How a program ended, and what it wrote, as :class:`Ran` has it."""

    code: int
    seconds: float
    by_us: bool
    output: str
    settled: str


async def _until_over(process: Process, seconds: float, output: Output) -> _Over:
    """Wait for the end of a program; end it when its time is over."""
    began, by_us, written, settled = time.monotonic(), False, "", ""
    try:
        await asyncio.wait_for(process.wait(), seconds - SETTLED_SECONDS)
    except TimeoutError:
        settled = output.text
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), SETTLED_SECONDS)
        by_us, written = process.returncode is None, output.text
    finally:
        lasted = time.monotonic() - began
        await end(process)
    if not by_us:
        await asyncio.to_thread(output.written)
        written = settled = output.text
    return _Over(code=process.returncode or 0, seconds=lasted, by_us=by_us, output=written, settled=settled)
