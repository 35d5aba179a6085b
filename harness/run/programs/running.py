"""Runs a program against a gateway, with a tap between them, until it ends or its time is over."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from harness.programs.asked import Asked, asked_by
from harness.programs.program import End, Program, Ran
from harness.run.programs.clock import forget_clock
from harness.run.programs.ending import MARK, end, end_left
from harness.run.programs.network import Network, OpenNetwork, OwnNetwork, Start
from harness.run.programs.output import Output
from harness.run.programs.places import Address, Place, place_for
from harness.run.programs.process import ProgramProcess
from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Limits
from harness.shared.errors import UsageError
from harness.shared.hosts import LOOPBACK

_MIB = 2**20
LIMITS = Limits(client=64 * _MIB, gateway=64 * _MIB, most_bytes=2**50, most_messages=2**50)
"""How much of each connection is kept. A program may stream for as long as it runs, so nothing is too much to pass."""

SETTLED_SECONDS = 1.0
"""At the end of a program that is ended: what it does then, another run has perhaps not the time for."""

_ACCOUNT = "{account}"

_LOOK_SECONDS = 0.1
"""How often one looks whether a program is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway that accepts connections.

    Args:
        at: its address.
        client_id: the client id that a program may use there.
        account: the account that a program finds there; empty if that is not known beforehand.
        ahead: how many seconds the clock that programs see there is ahead of this machine's; ``None`` if they see
            this machine's.
    """

    at: tuple[str, int]
    client_id: int = 1
    account: str = ""
    ahead: float | None = None


async def run_program(
    program: Program, gateway: Gateway, network: Network, *, side: str, tools: Path | None = None
) -> Ran:
    """Run a program against a gateway.

    Args:
        program: what runs.
        gateway: the gateway.
        network: what the program can reach.
        side: what it runs with, for a person.
        tools: the folder of an environment in which its command is looked for first.

    Raises:
        UsageError: the program cannot be started, or cannot have that network, clock or account.
    """
    _refuse_unknown_account(program, gateway)
    mark = secrets.token_hex(8)
    entered = OwnNetwork() if network is Network.OWN else OpenNetwork()
    address = Address(host=LOOPBACK, port=entered.port, client_id=gateway.client_id, account=gateway.account)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(entered.close)
        place, output = stack.enter_context(place_for(program, tools)), stack.enter_context(Output())
        try:
            place.write(program.files, address)
            environment = place.environment(program, address, {MARK: mark}, gateway.ahead)
            listeners = await entered.prepare(_start(program, place, environment, address, output.to))
            async with Tap(*gateway.at, limits=LIMITS, listeners=listeners) as tap:
                opened = time.monotonic()
                process = await entered.begin()
                output.started()
                ran = await _Watch(process, program, output, tap, opened).over(side)
        finally:
            await entered.close()  # before its place is gone
            session = entered.session
            left = await asyncio.to_thread(end_left, mark, session)
            if session is not None and gateway.ahead is not None:
                forget_clock(session)
    asked, ended = await asyncio.to_thread(asked_by, tap.transcript), replace(ran.end, left=left)
    return replace(ran, asked=asked, end=ended, output=place.plain(ran.output), settled=place.plain(ran.settled))


def _refuse_unknown_account(program: Program, gateway: Gateway) -> None:
    """Refuse a program that must be told its account where nobody knows it beforehand.

    Raises:
        UsageError: it is so.
    """
    texts = (*program.command, *program.environment.values(), *program.files.values())
    if not gateway.account and any(_ACCOUNT in text for text in texts):
        hint = "Name it in the gateway's table: account = with no * in it."
        raise UsageError(f"the account that {_ACCOUNT} stands for is not known before the program runs", hint=hint)


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


class _Watch:
    """Waits for the end of a program, or until it is done, or for the end of its time; then ends it."""

    def __init__(self, process: ProgramProcess, program: Program, output: Output, tap: Tap, opened: float) -> None:
        self._process, self._program, self._output = process, program, output
        self._opened, self._began = opened, time.monotonic()
        self._names = _NamesAsked(tap)
        self._settled, self._settled_at = "", 0.0

    async def over(self, side: str) -> Ran:
        """Return how it ended and what it wrote, and not yet what it asked; it is ended, whatever happens."""
        done, by_us, written = False, False, ""
        try:
            done = await self._until_done()
            by_us, written = self._process.returncode is None, self._output.text
        finally:
            lasted = time.monotonic() - self._began
            await end(self._process, self._program.stop)
        if not by_us:
            await asyncio.to_thread(self._output.written)
            written = self._output.text
            done = self._is_done()  # what it wrote last may have come after the last look
            self._settled = self._up_to_the_end() if done else written
        return Ran(
            side=side,
            end=End(code=self._process.returncode or 0, seconds=lasted, by_us=by_us, done=done),
            asked=Asked(),
            output=written,
            settled=self._settled,
            settled_at=self._settled_at if by_us or done else None,
            took=self._process.took,
        )

    async def _until_done(self) -> bool:
        """Wait; return whether it is done, which one whose time is over is not."""
        until, left = self._program.until, self._program.seconds - SETTLED_SECONDS
        while until is not None and left > 0:
            self._note()
            if await self._ended(min(left, _LOOK_SECONDS)):
                return self._is_done()
            if self._is_done():
                self._settled = self._up_to_the_end()
                return True
            left = self._began + self._program.seconds - SETTLED_SECONDS - time.monotonic()
        if not await self._ended(left):
            self._note()
            await self._ended(SETTLED_SECONDS)
        return False

    def _is_done(self) -> bool:
        """Whether it has shown that it is done, also if it ended by itself then: which comes first is chance."""
        until = self._program.until
        if until is None:
            return False
        return until.says in self._output.text if until.says else until.asked in self._names()

    def _up_to_the_end(self) -> str:
        """Return what one that is done wrote until then: another run may be ended before it writes more."""
        says = self._program.until.says if self._program.until else ""
        return _up_to(says, self._output.text) if says else self._settled

    def _note(self) -> None:
        """Keep what there is so far: another run, which may be a little slower, has it, too."""
        self._settled, self._settled_at = self._output.text, time.monotonic() - self._opened

    async def _ended(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), max(0.0, seconds))
        return self._process.returncode is not None


class _NamesAsked:
    """Gives the names of the requests that passed a tap. They are read only where something has passed since."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._size, self._found = 0, frozenset[str]()

    def __call__(self) -> frozenset[str]:
        transcript = self._tap.transcript
        size = len(transcript.entries)
        if size != self._size:
            self._size, self._found = size, frozenset(each.name for each in asked_by(transcript).requests)
        return self._found


def _up_to(mark: str, text: str) -> str:
    """Return a text up to a mark in it, and the line of the mark."""
    before, _, after = text.partition(mark)
    return f"{before}{mark}{after.partition(chr(10))[0]}"
