"""Implements ``ib-compat schema``: prints the JSON Schema of results, or of a recording's manifest."""

from __future__ import annotations

import json

import click

from harness.recordings.archive import manifest_schema
from harness.results.results_json import results_schema

_OF = {"results": results_schema, "recording": manifest_schema}


@click.command()
@click.argument("of", type=click.Choice(list(_OF)), default="results")
def command(*, of: str) -> None:
    """Print the JSON Schema of results.json [default], or that of a recording's manifest.json."""
    click.echo(json.dumps(_OF[of](), indent=2))
