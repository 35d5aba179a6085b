"""Implements ``ib-compat days``: lists the days of simulated gateways, and shows what happens in one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import click
from tabulate import tabulate

from harness.cli import options, screen
from harness.gateways.simulator.days.files import Day, builtin, find
from harness.gateways.simulator.days.tables import AnyEvent, Event
from harness.gateways.simulator.days.times import After
from harness.gateways.simulator.sessions import WEEK

_WORDS_AT_LEAST = 20
"""The least characters for a sentence, even on a narrower terminal."""

_OTHERS = 20
"""Characters for the other column of the list."""

_OF_A_DAY = 60
"""Characters for the other columns of one day."""


_EPILOG = """\b
Examples:
  ib-compat days
  ib-compat days bad-night
  ib-compat days mine.toml     read it, and say what is wrong in it
"""


@click.command(epilog=_EPILOG)
@click.argument("day", required=False, metavar="[NAME|FILE]")
@options.as_json
def command(*, day: str | None, as_json: bool) -> None:
    """List what can happen to a simulated gateway in a day; with a name or a file, what happens when."""
    if day is not None:
        _show(find(day), as_json=as_json)
        return
    days = builtin().values()
    if as_json:
        click.echo(json.dumps([{"day": each.name, "says": each.says} for each in days], indent=2))
        return
    room = max(screen.width() - _OTHERS, _WORDS_AT_LEAST)
    _print([(each.name, each.says) for each in days], ("day", "what happens"), [None, room])


def _show(day: Day, *, as_json: bool) -> None:
    if as_json:
        told = {"day": day.name, "says": day.says, "zone": day.zone, "idle": list(day.idle)}
        click.echo(json.dumps({**told, "events": [_document(event) for event in day.events]}, indent=2))
        return
    click.echo(f"{day.name}: {day.says}. Times are those of {day.zone}.\n")
    rows = [(_when(event), event.what, _keys(event), event.certainty or "-") for event in day.events]
    room = max(screen.width() - _OF_A_DAY, _WORDS_AT_LEAST)
    _print(rows, ("when", "what", "how", "certainty"), [None, None, room, None])


def _print(rows: Sequence[tuple[str, ...]], headers: tuple[str, ...], widths: list[int | None]) -> None:
    click.echo(tabulate(rows, headers, tablefmt="plain", maxcolwidths=widths, disable_numparse=True))


def _when(event: AnyEvent) -> str:
    if isinstance(event.at, After):
        return f"+{event.at.seconds:g} s"
    days = "" if event.days is None else " ".join(WEEK[number] for number in sorted(event.days)) + " "
    return f"{days}{event.at.isoformat()}{f' {event.zone}' if event.zone else ''}"


def _document(event: AnyEvent) -> dict[str, Any]:
    said = {"when": _when(event), "what": event.what, **_own(event)}
    return {**said, "certainty": event.certainty, "source": event.source}


def _own(event: AnyEvent) -> dict[str, Any]:
    """Return the keys that not every event has, as far as they are set."""
    values = event.model_dump(exclude=set(Event.model_fields) | {"what"}, exclude_defaults=True)
    return {key: value.isoformat() if isinstance(value, (dt.date, dt.time)) else value for key, value in values.items()}


def _keys(event: AnyEvent) -> str:
    return ", ".join(f"{key} = {json.dumps(value)}" for key, value in _own(event).items()) or "-"
