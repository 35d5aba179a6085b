"""Implements ``ib-compat scenarios``: lists the scenarios of simulated gateways."""

from __future__ import annotations

import json
from typing import Any

import click
from tabulate import tabulate

from harness.cli import options, screen
from harness.known.scenarios import Scenario, load

_WORDS_AT_LEAST = 20
"""The least characters for a sentence or for keys, even on a narrower terminal."""

_OTHERS = 34
"""Characters for the other column."""


@click.command()
@options.as_json
def command(*, as_json: bool) -> None:
    """List the faults and differences that can be simulated, and the keys that set them."""
    scenarios = [_document(scenario) for scenario in load().values()]
    if as_json:
        click.echo(json.dumps(scenarios, indent=2))
        return
    room = max((screen.width() - _OTHERS) // 2, _WORDS_AT_LEAST)
    rows = [(each["scenario"], each["says"], _keys(each["behaviour"])) for each in scenarios]
    headers = ("scenario", "what is different", "sets")
    click.echo(tabulate(rows, headers, tablefmt="plain", maxcolwidths=[None, room, room], disable_numparse=True))


def _document(scenario: Scenario) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "says": scenario.says,
        "behaviour": scenario.behaviour.as_json(),
        "checks": list(scenario.checks),
    }


def _keys(behaviour: dict[str, Any]) -> str:
    return ", ".join(f"{key} = {json.dumps(value)}" for key, value in behaviour.items()) or "-"
