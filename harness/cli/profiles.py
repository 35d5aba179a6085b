"""Implements ``ib-compat profiles``: lists the gateways that can be simulated."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click
from tabulate import tabulate

from harness.cli import options, screen
from harness.gateways.simulator.gateway_profiles import load

_SOURCE_AT_LEAST = 24
"""The least characters for the source of a number, even on a narrower terminal."""

_OTHERS = 45
"""Characters for the other columns."""


@click.command()
@options.as_json
def command(*, as_json: bool) -> None:
    """List the gateways that can be simulated: their server version, and how it is known."""
    profiles = {name: _plain(asdict(profile)) for name, profile in load().items()}
    if as_json:
        click.echo(json.dumps(profiles, indent=2))
        return
    rows = [
        (name, profile["server_version"], profile["evidence"], profile["source"]) for name, profile in profiles.items()
    ]
    room = max(screen.width() - _OTHERS, _SOURCE_AT_LEAST)
    headers = ("profile", "server version", "evidence", "source")
    click.echo(tabulate(rows, headers, tablefmt="plain", maxcolwidths=[None, None, None, room]))


def _plain(profile: dict[str, Any]) -> dict[str, Any]:
    """Return the profile without mapping types that JSON does not know."""
    return {key: dict(value) if key == "ports" else value for key, value in profile.items()}
