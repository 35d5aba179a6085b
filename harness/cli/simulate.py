"""Implements ``ib-compat simulate``: runs a simulated gateway for any client."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import click

from harness.cli import options, screen
from harness.cli.behaviour_option import behaviour_of
from harness.gateways.simulator import standalone
from harness.gateways.simulator.days import files as days
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.timing import FastTime
from harness.programs.overheard import Overheard
from harness.run.programs.beside import run_beside
from harness.run.programs.places import Address
from harness.views.terminal.asked_page import asked_lines


class _Moment(click.ParamType[dt.datetime]):
    """A moment with its zone, such as ``2026-11-27T15:59:50-05:00``."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """Read what was typed."""
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no moment; write it as 2026-11-27T15:59:50-05:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no zone; add one, as in {value}-05:00 or {value}Z", param, ctx)
        return moment


MOMENT = _Moment()


_EPILOG = """\b
Examples:
  ib-compat simulate --gateway 10.45 --port 4002
  ib-compat simulate --at 2026-11-27T15:59:50-05:00          ten seconds before the close
  ib-compat simulate --at 2026-11-27T09:25-05:00 --speed 60  an hour a minute
  ib-compat simulate --at 2026-11-27T23:44:50-05:00 --day weekday
                                                             ten seconds before the nightly restart
  ib-compat simulate --port 0 --quiet -- python test_bot.py --port {port}
                                                             ends with the program, and with its exit code
"""


@click.command(epilog=_EPILOG)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option(
    "--gateway",
    default="gateway-10.45",
    show_default=True,
    metavar="PROFILE",
    help="Version to simulate; `ib-compat profiles` lists them.",
)
@click.option(
    "--mode", type=click.Choice(["paper", "live"]), default="paper", show_default=True, help="Accounts that it shows."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="0 takes a free one. [default: the product's usual port]")
@click.option("--scenario", metavar="NAME", help="Scenario to play; `ib-compat scenarios` lists them.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of the scenario, such as bytes_per_second=5. Repeatable.",
)
@click.option(
    "--market",
    type=click.Choice(["moving", "still"]),
    default="moving",
    show_default=True,
    help="Prices that move, of a world of contracts; or the few quotes that the matrix compares answers with.",
)
@options.account
@options.seed
@click.option("--at", type=MOMENT, help="Moment that its clock begins with, with a zone. [default: now]")
@click.option(
    "--speed",
    type=click.FloatRange(0.01, 100_000),
    default=1.0,
    show_default=True,
    help="How many times as fast as ours its clock goes.",
)
@click.option("--day", metavar="NAME|FILE", help="What happens to it, and when; `ib-compat days` lists those built in.")
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep orders, positions, cash, executions and ids in a file, and begin with what is in it.",
)
@click.option("--quiet", is_flag=True, help="Log connections only, not messages.")
def command(
    *,
    command: tuple[str, ...],
    gateway: str,
    mode: str,
    host: str,
    port: int | None,
    scenario: str | None,
    settings: tuple[str, ...],
    market: str,
    account: str,
    seed: int,
    at: dt.datetime | None,
    speed: float,
    day: str | None,
    state: Path | None,
    quiet: bool,
) -> int:
    """Simulate a Gateway or TWS that any client can connect to, and log every message.

    Ctrl-C ends it, or the end of COMMAND, which runs in your terminal: {host}, {port} and {client_id} in it are filled
    in, and variables such as IB_HOST and IB_PORT are set. Then it says what was asked, and what came of it.
    """
    overheard = Overheard()

    async def until(simulated: SimulatedGateway) -> int:
        return await run_beside(command, Address(host=simulated.told_host, port=simulated.port))

    try:
        return standalone.run(
            gateway,
            mode=mode,
            host=host,
            port=port,
            announce=partial(click.echo, err=True),
            quiet=quiet,
            scenario=scenario,
            behaviour=behaviour_of(settings),
            until=until if command else None,
            seed=seed if market == "moving" else None,
            fresh=account == "empty",
            day=None if day is None else days.find(day),
            state=state,
            timing=None if at is None and speed == 1 else FastTime(None if at is None else at.timestamp(), speed),
            overhear=overheard.hear,
        )
    finally:
        for line in asked_lines(overheard.asked(), screen.width()):
            click.echo(line, err=True)
