"""``ib-compat simulate``."""

from __future__ import annotations

from functools import partial

import click

from harness.cli.behaviour import behaviour_of
from harness.gateways.simulator import standalone


@click.command()
@click.option(
    "--gateway", default="gateway-10.45", show_default=True, metavar="PROFILE", help="As `ib-compat profiles` lists."
)
@click.option("--mode", type=click.Choice(["paper", "live"]), default="paper", show_default=True, help="Its accounts.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="The product's usual one unless given; 0 takes a free one."
)
@click.option("--scenario", metavar="NAME", help="How it is unlike an ordinary one, as `ib-compat scenarios` lists.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another value for a key that the scenario sets, or one key more, as bytes_per_second=5; may be given again.",
)
@click.option("--quiet", is_flag=True, help="Log connections only, not each message.")
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
    """Be a Gateway or TWS, for any client, until interrupted; log every message in words."""
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
