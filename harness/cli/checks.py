"""Implements ``ib-compat checks``: lists the checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from tabulate import tabulate

from harness.checks.all import CHECKS
from harness.cli import options, screen
from harness.plan.matrix.tables import DefaultsTable

if TYPE_CHECKING:
    from harness.checks.check import Check

_WORDS_AT_LEAST = 30
"""The least characters for a sentence, even on a narrower terminal."""

_OTHERS = 38
"""Characters for the other columns."""

_DEFAULTS = DefaultsTable()


@click.command()
@options.as_json
def command(*, as_json: bool) -> None:
    """List the checks in order: what each proves, what it needs, and how long it may take.

    The times are those of a matrix file without timeouts of its own.
    """
    checks = [_document(check) for check in CHECKS]
    if as_json:
        click.echo(json.dumps(checks, indent=2))
        return
    room = max((screen.width() - _OTHERS) // 2, _WORDS_AT_LEAST)
    rows = [(each["check"], each["proves"], each["needs"], _time(each["seconds"])) for each in checks]
    widths = [None, room, room, None]
    click.echo(tabulate(rows, ("check", "a pass proves", "needs", "at most"), tablefmt="plain", maxcolwidths=widths))


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds else "-"


def _document(check: Check) -> dict[str, Any]:
    return {
        "check": check.name,
        "proves": check.proves,
        "needs": "; ".join(_needs(check)),
        "seconds": check.requests * _DEFAULTS.request_timeout + check.connects * _DEFAULTS.connect_timeout,
        "always": check.always,
        "scenario": check.scenario,
        "server_version": check.gate or None,
    }


def _needs(check: Check) -> list[str]:
    needs = [check.needs] if check.needs else []
    if check.gate:
        needs.append(f"server version {check.gate}")
    if check.only_simulated and not check.scenario:
        needs.append("a simulated gateway")
    if check.scenario:
        needs.append(f"a simulated gateway that plays {check.scenario}")
    return needs
