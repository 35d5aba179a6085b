"""Implements ``ib-compat simulate``: runs a simulated gateway for any client."""

from __future__ import annotations

from functools import partial

import click

from harness.cli.behaviour_option import behaviour_of
from harness.gateways.simulator import standalone


@click.command()
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
@click.option("--quiet", is_flag=True, help="Log connections only, not messages.")
def command(
    *,
    gateway: str,
    mode: str,
    host: str,
    port: int | None,
    scenario: str | None,
    settings: tuple[str, ...],
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
    )
