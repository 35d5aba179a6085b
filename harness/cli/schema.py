"""Implements ``ib-compat schema``: prints the JSON Schema of results."""

from __future__ import annotations

import json

import click

from harness.results.results_files import results_schema


@click.command()
def command() -> None:
    """Print the JSON Schema of results.json."""
    click.echo(json.dumps(results_schema(), indent=2))
