"""Implements ``ib-compat show``: shows one cell with its evidence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from harness.cli import options, screen
from harness.results.run_folder import write_bytes
from harness.shared.errors import UsageError
from harness.views.terminal.cell_seen import any_seen_of, document
from harness.views.terminal.program_show import SeenProgram, draw_program, program_document
from harness.views.terminal.show_page import draw_show
from harness.views.terminal.style import style_of
from harness.wire.pcap import as_pcap


@click.command()
@click.argument("cell")
@click.option("--run", metavar="RUN", help="A run's name or folder. [default: the newest that asked the cell]")
@click.option(
    "--pcap",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the wire as pcap for Wireshark instead. Account numbers are NOT masked there.",
)
@options.results
@options.as_json
def command(*, cell: str, run: str | None, pcap: Path | None, results: Path, as_json: bool) -> None:
    """Show the evidence on CELL: checks, versions, callbacks of the gateway, log of the library.

    CELL is an id, or a glob or a part of an id that matches only one cell. Account numbers are masked. Lines of log and
    wire are cut at the terminal's width; --json has them whole. Of a program: what was found, its requests by outcome,
    what it does otherwise, and the last that it wrote.
    """
    seen = any_seen_of(results, run, cell)
    if run is None:
        screen.tell_which_run(results, seen)
    if isinstance(seen, SeenProgram):
        _show_program(seen, pcap, as_json=as_json)
        return
    if pcap is not None:
        write_bytes(pcap, as_pcap(seen.transcript()), for_all=False)
        click.echo(f"{pcap}: what went over the wire, with account numbers as they are", err=True)
    elif as_json:
        click.echo(json.dumps(document(seen), indent=2))
    else:
        click.echo(draw_show(seen, width=screen.width(), style=style_of(sys.stdout)), color=True)


def _show_program(seen: SeenProgram, pcap: Path | None, *, as_json: bool) -> None:
    if pcap is not None:
        raise UsageError(f"{seen.id}: the traffic of programs is not kept", hint="Leave --pcap out.")
    if as_json:
        click.echo(json.dumps(program_document(seen), indent=2))
    else:
        click.echo(draw_program(seen, width=screen.width(), style=style_of(sys.stdout)))
