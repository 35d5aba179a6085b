"""Implements ``ib-compat try``: says whether a program would do at another Gateway what it does at today's."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli import options, screen
from harness.cli.build import tools_of
from harness.cli.simulate import MOMENT
from harness.cli.try_sides import Words, sides_of, words_of
from harness.gateways.simulator.days import files as days
from harness.gateways.simulator.standalone import log_in_words
from harness.programs.answer import Answer
from harness.programs.program import Program, Ran
from harness.run.interruption import Interruption
from harness.run.programs.environments import rows_of
from harness.run.programs.libraries import installed_beside
from harness.run.programs.network import Network
from harness.run.programs.running import executable
from harness.run.programs.trying import ONLY_ONCE, Trial, attempt
from harness.shared.errors import ExitCode, UsageError
from harness.shared.status import Finding
from harness.views.terminal.program_page import answer_document, draw_answers, draw_ran
from harness.views.terminal.style import style_of

_EPILOG = """\b
Examples:
  ib-compat try -- python bot.py
  ib-compat try --today 10.30 --then 10.45 --then 10.51 -- python bot.py
  ib-compat try --today 10.45 --then 10.45:read-only --then 10.45:restarts -- python bot.py
                      a Gateway that plays what `ib-compat scenarios` lists
  ib-compat try --today monday.ibrec --today ib_async==1.0.3 --then ib_async==2.1.0 -- python bot.py
                      two versions of a library at a recording of your own Gateway
  ib-compat try --today ib_async==1.0.3 --then ib_async==2.1.0 --requirements requirements.txt -- python bot.py
                      two versions of a library, each in an environment of its own
  ib-compat try --today 127.0.0.1:4002 --today ib_async==1.0.3 --then ib_async==2.1.0 -- python bot.py
                      two versions of a library at your own paper Gateway
  ib-compat try --for 20 -- python bot.py --host {host} --port {port}
                      a program that runs on is ended after 20 s; {host}, {port} and {client_id} are filled in
  ib-compat try --env GATEWAY={host}:{port} -- ./start.sh
  ib-compat try --at 2026-11-27T23:44:50-05:00 --day weekday -- python bot.py
                      both restart at 23:45, as every night
  ib-compat try --at 2026-11-27T10:00-05:00 -- python bot.py
                      the gateways' clocks begin in trading hours

\b
Exit codes:
  0  it does the same at both
  1  it does something else
  2  wrong use
  3  nobody can tell: it did not connect, fails at both, or asks what is not simulated
"""


def _named(words: tuple[str, ...]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--env {name}: is not NAME=VALUE", hint="For example --env GATEWAY_PORT={port}.")
    return {name: value for name, _, value in pairs}


@click.command(epilog=_EPILOG)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option(
    "--today",
    multiple=True,
    metavar="GATEWAY|LIBRARY==VERSION",
    help="What it runs with today: a version of Gateway or TWS, a recording, or the address of your own; a version of a"
    " library; or one of each."
    " [default: 10.37]",
)
@click.option(
    "--then",
    multiple=True,
    metavar="GATEWAY|LIBRARY==VERSION",
    help="What to compare with, of the same; repeatable. `ib-compat profiles` lists the gateways. [default: the newest"
    " Gateway]",
)
@options.requirements
@options.beside
@options.environments
@options.seconds
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="Set a variable for the program. Repeatable.")
@click.option(
    "--network",
    type=click.Choice([each.value for each in Network]),
    default=Network.OWN.value,
    show_default=True,
    help="What the program can reach: only the simulated gateways, at every usual port (Linux); or what this machine"
    " can, real Gateways included.",
)
@click.option("--in-place", is_flag=True, help="Run in this folder, not in a copy. The program may change it.")
@click.option("--keep-home", is_flag=True, help="Let the program use your home, not an empty one.")
@click.option(
    "--orders", is_flag=True, help="Let orders reach a gateway that is named by its address, if all accounts are paper."
)
@options.account
@options.seed
@click.option(
    "--observe",
    is_flag=True,
    help="Note what a Python program logs as a warning or worse, does not catch, and leaves pending. Decides nothing.",
)
@click.option("--at", type=MOMENT, help="Moment that the gateways' clocks begin with, with a zone. [default: now]")
@click.option(
    "--day", metavar="NAME|FILE", help="What happens to the gateways, and when, as `ib-compat days` lists it."
)
@click.option(
    "--clock",
    type=click.Choice(["machine", "gateway"]),
    default="machine",
    show_default=True,
    help="What the program's own clock shows: this machine's time, or --at, too (Linux, with libfaketime).",
)
@click.option("--trace", is_flag=True, help="Say every message in words while it happens.")
@options.as_json
def command(
    *,
    command: tuple[str, ...],
    today: tuple[str, ...],
    then: tuple[str, ...],
    requirements: Path | None,
    beside: tuple[str, ...],
    environments: Path,
    seconds: float,
    env: tuple[str, ...],
    network: str,
    in_place: bool,
    keep_home: bool,
    orders: bool,
    account: str,
    seed: int,
    observe: bool,
    at: dt.datetime | None,
    day: str | None,
    clock: str,
    trace: bool,
    as_json: bool,
) -> int:
    """Run your program with two Gateways or two library versions, and say whether it does the same.

    It runs twice with what it has today and once with each other, in a copy of this folder, with an empty home, and
    sees the same market. What differs between the first two runs counts for nothing. The Gateways are simulated: no
    file is needed, no login, and nothing reaches a real one, unless you name one by its address. Then only paper
    accounts are let through, and no orders without --orders.
    """
    if clock == "gateway" and at is None:
        raise UsageError("--clock gateway goes with --at", hint="For example --at 2026-11-27T10:00-05:00.")
    words = words_of(today, then)
    program = Program(
        command=command,
        folder=Path.cwd(),
        seconds=seconds,
        environment=_named(env),
        own_home=not keep_home,
        copied=not in_place,
        observe=observe,
    )
    today_side, *others = sides_of(words, _tools(words, requirements, beside, environments), orders=orders)
    libraries = {} if today_side.tools else installed_beside(executable(program))
    trial = Trial(
        program=program,
        today=today_side,
        then=others,
        network=Network(network),
        seed=seed,
        fresh=account == "empty",
        at=at,
        libraries=libraries,
        day=None if day is None else days.find(day),
        sees_clock=clock == "gateway",
    )
    answers = answers_of(trial, trace=trace)
    if answers is None:
        return ExitCode.INTERRUPTED
    if as_json:
        click.echo(json.dumps(answer_document(answers, libraries), indent=2))
    else:
        click.echo(draw_answers(answers, libraries, width=screen.width(), style=style_of(sys.stdout)), color=True)
    return exit_code_of(answers)


def _tools(
    words: Sequence[Words], requirements: Path | None, beside: tuple[str, ...], environments: Path
) -> dict[str, Path]:
    """Build the environments of the libraries that are named.

    Raises:
        UsageError: nothing needs the requirements.
    """
    libraries = [each for each in dict.fromkeys(each.library for each in words) if each]
    if not libraries and (requirements or beside):
        raise UsageError("--requirements and --with go with a library", hint="Name it: --today ib_async==1.0.3.")
    return tools_of(list(rows_of(libraries, requirements, beside).values()), environments)


def answers_of(trial: Trial, *, trace: bool = False) -> tuple[Answer, ...] | None:
    """Try; ``None`` if the user ended it."""

    def tell(ran: Ran) -> None:
        click.echo(draw_ran(ran, trial.program.command[0]), err=True)

    async def tried() -> tuple[Answer, ...]:
        async with interruption.ending():
            return await attempt(trial, tell)

    if trace:
        log_in_words(only=ONLY_ONCE)
    with Interruption() as interruption:
        try:
            return asyncio.run(tried())
        except asyncio.CancelledError:
            if not interruption.happened:
                raise
    return None


def exit_code_of(answers: Sequence[Answer]) -> ExitCode:
    """Return what the process says of the answers when it ends."""
    findings = {answer.finding for answer in answers}
    if Finding.DIFFERENT in findings:
        return ExitCode.INCOMPATIBLE
    known = all(finding.answers for finding in findings)
    return ExitCode.AS_EXPECTED if known else ExitCode.HARNESS_FAILED
