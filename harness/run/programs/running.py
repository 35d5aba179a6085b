"""Runs a program against a gateway, with a tap between them, until it ends or its time is over."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from harness.programs.asked import asked_by
from harness.programs.program import Program, Ran
from harness.run.programs.clock import forget_clock
from harness.run.programs.ending import MARK, end_left
from harness.run.programs.network import Network, OpenNetwork, OwnNetwork, Start
from harness.run.programs.observation import observation
from harness.run.programs.output import Output
from harness.run.programs.places import Address, Place, place_for
from harness.run.programs.watching import Watch
from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Limits, now_by_both_clocks
from harness.shared.errors import UsageError
from harness.shared.hosts import LOOPBACK

_MIB = 2**20
LIMITS = Limits(client=64 * _MIB, gateway=64 * _MIB, most_bytes=2**50, most_messages=2**50)
"""How much of each connection is kept. A program may stream for as long as it runs, so nothing is too much to pass."""

_ACCOUNT = "{account}"


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
        place = stack.enter_context(place_for(program, tools))
        output = stack.enter_context(Output(program.until.says if program.until is not None else ""))
        observer = stack.enter_context(observation(wanted=program.observe))
        try:
            place.write(program.files, address)
            environment = observer.begun(place.environment(program, address, {MARK: mark}, gateway.ahead))
            listeners = await entered.prepare(_start(program, place, environment, address, output.to))
            opened = now_by_both_clocks()
            async with Tap(*gateway.at, limits=LIMITS, opened=opened, listeners=listeners) as tap:
                process = await entered.begin()
                output.started()
                watch = Watch(process, program, output, tap, opened[0])
                await watch.over()
        finally:
            try:
                await entered.close()  # before its place is gone
            finally:  # also if this is cancelled meanwhile
                left = await asyncio.to_thread(end_left, mark, entered.session)
                if entered.session is not None and gateway.ahead is not None:
                    forget_clock(entered.session)
        ran = watch.ran(side, await asyncio.to_thread(asked_by, tap.transcript))
        observed = observer.read(ran.asked, opened=opened[0], plain=place.plain)
    return replace(
        ran,
        end=replace(ran.end, left=left),
        output=place.plain(ran.output),
        settled=place.plain(ran.settled),
        observed=observed,
    )


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
