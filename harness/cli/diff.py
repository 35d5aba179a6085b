"""Implements ``ib-compat diff``: compares what two cells sent and received."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING

import click

from harness.cli import options, screen
from harness.views.terminal.cell_seen import seen_of
from harness.views.terminal.style import printable, style_of
from harness.views.terminal.wire_difference import WireDiff, document, wire_diff

if TYPE_CHECKING:
    from pathlib import Path

    from harness.views.terminal.cell_seen import Seen
    from harness.wire.conversation import Mask

_EPILOG = """\b
Examples:
  ib-compat diff "ib_async==2.0.1/*/tws-10.45-*" "ib_async==2.1.0/*/tws-10.45-*"
  ib-compat diff CELL CELL --other-run results/20261120T101112Z-ab12
"""


@click.command(epilog=_EPILOG)
@click.argument("cell")
@click.argument("other")
@click.option("--run", metavar="RUN", help="The first cell's run. [default: the newest that asked it]")
@click.option("--other-run", metavar="RUN", help="The second cell's run. [default: --run]")
@click.option("--all", "whole", is_flag=True, help="Show every line, not only the differences and their context.")
@options.results
@options.as_json
def command(
    *, cell: str, other: str, run: str | None, other_run: str | None, whole: bool, results: Path, as_json: bool
) -> None:
    """Show how the transcripts of CELL and OTHER differ. Both are ids, or globs that match one cell.

    Times, client ids and request ids differ between cells and are not compared. Account numbers are masked.
    """
    first, second = seen_of(results, run, cell), seen_of(results, other_run or run, other)
    if run is None:
        screen.tell_which_run(results, *(first, second)[: 1 if other_run else 2])
    diff = wire_diff(first.transcript(), second.transcript(), mask=_mask(first, second))
    if as_json:
        click.echo(json.dumps({"first": first.id, "second": second.id, **document(diff)}, indent=2))
    else:
        click.echo(_page(first, second, diff, whole=whole))


def _mask(first: Seen, second: Seen) -> Mask:
    hides = (first.masker(), second.masker())

    def mask(text: str) -> str:
        return hides[1].text(hides[0].text(text))

    return mask


def _page(first: Seen, second: Seen, diff: WireDiff, *, whole: bool) -> str:
    style, room = style_of(sys.stdout), screen.width()
    encodings = (textwrap.fill(each, room, subsequent_indent="  ") for each in diff.encodings)
    lines = [f"- {first.id}", f"+ {second.id}", *encodings]
    if diff.equal:
        lines.append("the transcripts are the same, except for times and assigned numbers")
    shown = diff.lines if whole else diff.shortened()
    for line in shown if whole or not diff.equal else ():
        text = printable(str(line))
        lines.append(text if len(text) <= room or whole else text[: room - 1] + "…")
    return "\n".join(style.plain(line) for line in lines)
