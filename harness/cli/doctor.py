"""Implements ``ib-compat doctor``, with ``--watch``: examines gateways, and says whose fault it is if one fails."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from harness.cli import options, screen
from harness.cli.behaviour_option import behaviour_of
from harness.doctor.examine import Examination, examine
from harness.doctor.health_checks import Judged, judged_checks
from harness.doctor.subjects import LOWEST_CLIENT_ID, Asked, subjects
from harness.doctor.watch import changes, until_usable
from harness.run.interruption import Interruption
from harness.shared.amounts import duration
from harness.shared.errors import ExitCode, UsageError
from harness.views.terminal.doctor_page import document, draw_checks, draw_examination
from harness.views.terminal.doctor_sentences import headline, rows_document
from harness.views.terminal.style import style_of

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from harness.doctor.subject import Subject
    from harness.results.results_model import Results


async def watching(asked: Asked, *, interval: float, timeout: float | None, as_json: bool) -> ExitCode:
    """Report each gateway's first state, however long it takes, and then each change until the time is over."""
    async with subjects(asked) as found:
        told = [asyncio.Event() for _ in found]
        tasks = [
            asyncio.create_task(_tell_change(each, first, interval=interval, as_json=as_json))
            for each, first in zip(found, told, strict=True)
        ]
        waiting = [asyncio.create_task(first.wait()) for first in told]
        try:
            await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_EXCEPTION)
            for first in waiting:
                await asyncio.wait({*tasks, first}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for first in waiting:
                first.cancel()
            for task in tasks:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
    for problem in done:
        if isinstance(problem, Exception):
            raise problem
    return ExitCode.AS_EXPECTED


async def _tell_change(subject: Subject, told: asyncio.Event, *, interval: float, as_json: bool) -> None:
    async for change in changes(subject, interval=interval):
        told.set()
        if as_json:
            click.echo(json.dumps({"at": change.at, "lasted": change.lasted, **document(change.seen)}))
            continue
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(change.at))
        lasted = "" if change.lasted is None else f" (after {duration(change.lasted)})"
        click.echo(f"{clock} {line(change.seen)}{lasted}")


def line(seen: Examination) -> str:
    """One gateway in a line; account numbers are masked."""
    return seen.masker.text(f"{seen.subject.name}: {headline(seen)}")


Answer = TypeVar("Answer")
_SECONDS = click.FloatRange(min=0, min_open=True)
_GATE_SECONDS = 60.0

_EPILOG = """\b
Examples:
  ib-compat doctor                                      IB_HOST and IB_PORT [default: this machine's usual ports]
  ib-compat doctor 127.0.0.1:4002                       one Gateway
  ib-compat doctor 4002 --gate --timeout 120            in a start-up script: wait until a client can trade
  ib-compat doctor 4002 --watch                         one line whenever something changes
  ib-compat doctor 4002 --health-check compose.yaml     judge the health check in the compose file
  ib-compat doctor 4002 --hello 'API=9.72\\0'            judge a hello of your own, without sending it
  ib-compat doctor --matrix matrices/seeds.toml         simulated gateways, and the verdict each must get
  ib-compat doctor 4002 --libraries                     the same with every library of the default matrix
  ib-compat doctor --simulate silent                    a fault of `ib-compat scenarios`

\b
Exit codes:
  0  a client can connect and trade, or the verdict is the one that the matrix file names
  1  no client can, or the verdict is another one
  2  wrong use
  3  a gateway could not be started
"""


@click.command(epilog=_EPILOG)
@click.argument("addresses", nargs=-1, metavar="[HOST:PORT]...")
@click.option(
    "--product",
    type=click.Choice(["gateway", "tws"]),
    help="What runs there. [default: the port's usual product]",
)
@click.option(
    "--client-id",
    type=click.IntRange(LOWEST_CLIENT_ID),
    help="Use this client id and the eleven below it, at each address. [default: 7499, away from IB_CLIENT_ID]",
)
@click.option(
    "--matrix",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Look at the gateways of a matrix file.",
)
@click.option("--gateway", "gateways", multiple=True, metavar="GLOB", help="Only these gateways of the matrix file.")
@click.option("--simulate", "scenario", metavar="SCENARIO", help="Look at a simulated gateway with this fault.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set a key of the scenario that --simulate plays."
)
@click.option(
    "--hello", metavar="TEXT", help="Judge a hello that you sent, written with escapes such as \\0. Nothing is sent."
)
@click.option(
    "--probe-more",
    is_flag=True,
    help="Allow more than two unanswered connections, and try TLS and HTTP. A Gateway may never close them.",
)
@click.option(
    "--health-check",
    "health_check",
    type=click.File("r", encoding="utf-8"),
    metavar="FILE",
    help="Judge the health checks in a compose file or in the output of `docker inspect`; - reads standard input.",
)
@click.option("--gate", is_flag=True, help="Wait until a client can trade, then exit with 0; exit with 1 on timeout.")
@click.option(
    "--watch",
    is_flag=True,
    help="Keep looking, and print a line for each change. What libraries read first is asked every five minutes.",
)
@click.option(
    "--timeout",
    type=_SECONDS,
    metavar="SECONDS",
    help="With --gate: how long to wait [default: 60]. With --watch: when to stop [default: never].",
)
@click.option(
    "--interval",
    type=_SECONDS,
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Pause between two looks of --watch.",
)
@click.option(
    "--libraries",
    is_flag=True,
    help="Also ask the rows of the matrix file, and build what they lack. [default file: matrices/default.toml]",
)
@options.environments
@options.results
@options.allow_live
@options.as_json
def command(
    *,
    gate: bool,
    watch: bool,
    timeout: float | None,
    interval: float,
    as_json: bool,
    settings: tuple[str, ...],
    libraries: bool,
    environments: Path,
    results: Path,
    allow_live: bool,
    health_check: TextIO | None,
    **asked: Any,
) -> ExitCode:
    """Check a Gateway or TWS without any library, and say what is wrong and who is at fault.

    On paper accounts the doctor makes the requests that libraries make first: positions, orders, account updates,
    executions. On other accounts it makes them only with --allow-live. From server version 219 on it also reads the API
    settings. It never changes them.

    HOST:PORT is an address; a port alone means this machine. The doctor first looks at the machine: which program
    listens, what was never accepted or read, settings and logs. Then it connects to the gateway. Each connection sends
    a client's hello and is closed properly. At most two connections are left without an answer; --probe-more allows
    more. A TLS and an HTTP greeting are sent only if another program is seen to listen.
    """
    _refuse_mixtures(gate=gate, watch=watch, libraries=libraries, timeout=timeout)
    if asked["probe_more"]:
        click.echo("--probe-more: up to 12 connections may be left without an answer, some without a hello", err=True)
    judged = () if health_check is None else judged_checks(health_check.read(), health_check.name)
    wanted = Asked(**asked, behaviour=behaviour_of(settings), allow_live=allow_live)
    if watch:
        return _run(watching(wanted, interval=interval, timeout=timeout, as_json=as_json))
    seen = _run(_look(wanted, gate_seconds=(timeout or _GATE_SECONDS) if gate else None))
    rows = None
    if libraries:
        rows = _ask_libraries(seen, wanted.matrix, environments, results, allow_live=allow_live)
    _tell(seen, rows, judged, gate=gate, as_json=as_json)
    return ExitCode.AS_EXPECTED if all(map(_is_well, seen)) else ExitCode.INCOMPATIBLE


def _ask_libraries(
    seen: list[Examination], matrix: Path | None, environments: Path, results: Path, *, allow_live: bool
) -> Results:
    from harness.cli.doctor_libraries import ask_libraries  # noqa: PLC0415 - a tenth of the memory of all else

    return ask_libraries(seen, matrix=matrix, environments=environments, results=results, allow_live=allow_live)


def _refuse_mixtures(*, gate: bool, watch: bool, libraries: bool, timeout: float | None) -> None:
    if gate and watch:
        raise UsageError("--gate and --watch cannot be combined", hint="--gate ends by itself, --watch does not.")
    if libraries and (gate or watch):
        raise UsageError("--libraries cannot be combined with --gate or --watch", hint="They look without libraries.")
    if timeout is not None and not (gate or watch):
        raise UsageError("--timeout needs --gate or --watch", hint="One look takes about ten seconds at most.")


def _run(looking: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a look. On Ctrl-C, SIGTERM and SIGHUP, it stops what it has started, and ends."""

    async def interruptible() -> Answer:
        async with interruption.ending():
            return await looking

    try:
        with Interruption() as interruption:
            return asyncio.run(interruptible())
    except asyncio.CancelledError:
        raise click.Abort from None


async def _look(asked: Asked, *, gate_seconds: float | None) -> list[Examination]:
    async with subjects(asked) as found:
        if sys.stderr.isatty():
            names = ", ".join(each.name for each in found)
            click.echo(f"looking at {names} …", err=True)
        if gate_seconds is None:
            return await asyncio.gather(*(examine(each) for each in found))
        return await asyncio.gather(*(until_usable(each, timeout=gate_seconds) for each in found))


def _tell(
    seen: list[Examination], rows: Results | None, judged: tuple[Judged, ...], *, gate: bool, as_json: bool
) -> None:
    if as_json:
        checks = {"health_checks": [asdict(each) for each in judged]} if judged else {}
        click.echo(json.dumps([{**document(each), **rows_document(each, rows), **checks} for each in seen], indent=2))
    elif gate:
        click.echo("\n".join(line(each) for each in seen))
    else:
        style, width = style_of(sys.stdout), screen.width()
        pages = (draw_examination(each, rows, width=width, style=style) for each in seen)
        click.echo("\n\n".join([*pages, *draw_checks(judged, width=width)]))


def _is_well(seen: Examination) -> bool:
    """Return whether a client can trade; if the matrix file names a verdict, whether the gateway got that one."""
    return seen.verdict.usable if seen.subject.expected is None else seen.as_expected
