"""Implements ``ib-compat clean``: removes containers that runs left behind."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace
from typing import Any

import click

from harness.cli import options
from harness.gateways.docker.engine import Engine
from harness.gateways.docker.our_containers import Candidate, candidates, remove
from harness.shared.amounts import duration
from harness.shared.errors import GatewayError

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class _Duration(click.ParamType[float]):
    """A number and its unit: ``30m``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return it in seconds."""
        match = re.fullmatch(r"(\d{1,6})([smhd])", str(value))
        if match is None:
            self.fail(f"{value!r} is not a time; write a number and s, m, h or d, such as 1h or 30m.", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


@click.command()
@click.option("--older-than", type=_Duration(), metavar="TIME", help="Only those older than this, such as 1h or 30m.")
@click.option("--dry-run", is_flag=True, help="Only print what would be removed.")
@options.as_json
def command(*, older_than: float | None, dry_run: bool, as_json: bool) -> None:
    """Remove containers that runs left behind, for example a run that was killed.

    Containers of a run that is still running stay. Containers that are kept for the next run (reuse = true) stay for a
    day.
    """
    engine = Engine.connect(os.environ)
    try:
        chosen = candidates(engine, older_than=older_than, now=time.time())
        done = [each if dry_run else _removed(engine, each) for each in chosen]
    finally:
        engine.close()
    if as_json:
        click.echo(json.dumps([_document(each, dry_run=dry_run) for each in done], indent=2))
    else:
        click.echo("\n".join(_line(each, dry_run=dry_run) for each in done) or "there are no containers of ib-compat")
    if any(each.failed for each in done):
        raise GatewayError("the engine did not remove all containers", hint="Try again, or look at the engine.")


def _removed(engine: Engine, candidate: Candidate) -> Candidate:
    """Remove a container, and return it with the reason if the engine did not remove it; others are not affected."""
    if candidate.spared is not None:
        return candidate
    try:
        remove(engine, candidate)
    except GatewayError as problem:
        return replace(candidate, failed=str(problem))
    return candidate


def _line(candidate: Candidate, *, dry_run: bool) -> str:
    age = duration(candidate.age) if candidate.age != float("inf") else "age unknown"
    what = f"{candidate.found.name} ({candidate.gateway}, {age}, {'running' if candidate.found.running else 'ended'})"
    if candidate.spared is not None:
        return f"spared {what}: {candidate.spared}"
    if candidate.failed is not None:
        return f"could not remove {what}: {candidate.failed}"
    return f"{'would remove' if dry_run else 'removed'} {what}"


def _document(candidate: Candidate, *, dry_run: bool) -> dict[str, object]:
    return {
        "name": candidate.found.name,
        "gateway": candidate.gateway,
        "run": candidate.run,
        "seconds": round(candidate.age) if candidate.age != float("inf") else None,
        "running": candidate.found.running,
        "removed": candidate.spared is None and candidate.failed is None and not dry_run,
        "failed": candidate.failed,
        "spared": candidate.spared,
    }
