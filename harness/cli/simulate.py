"""Implements ``ib-compat simulate``: runs a simulated gateway for any client."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import click

from harness.cli.behaviour_option import behaviour_of
from harness.gateways.simulator import standalone
from harness.gateways.simulator.days import files as days
from harness.gateways.simulator.timing import FastTime


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
"""


@click.command(epilog=_EPILOG)
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
@click.option(
    "--account",
    type=click.Choice(["held", "empty"]),
    default="held",
    show_default=True,
    help="Begin with a few holdings and executions; or with cash alone.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed moves prices in the same way.")
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
) -> None:
    """Simulate a Gateway or TWS that any client can connect to, and log every message. Ctrl-C ends it."""
    announce = partial(click.echo, err=True)
    standalone.run(
        gateway,
        mode=mode,
        host=host,
        port=port,
        announce=announce,
        quiet=quiet,
        scenario=scenario,
        behaviour=behaviour_of(settings),
        seed=seed if market == "moving" else None,
        fresh=account == "empty",
        day=None if day is None else days.find(day),
        state=state,
        timing=None if at is None and speed == 1 else FastTime(None if at is None else at.timestamp(), speed),
    )
