"""Implements ``ib-compat bundle``: packs redacted evidence into one archive."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click

from harness.cli import options
from harness.doctor.bundled_recording import recording_held
from harness.doctor.evidence_bundle import Page, bundle
from harness.doctor.examine import Examination, examine
from harness.doctor.subjects import Asked, subjects
from harness.results.run_folder import find_run, write_bytes
from harness.shared.errors import ResultsError
from harness.views.terminal.doctor_page import document, draw_examination
from harness.views.terminal.style import Style

_WIDTH = 120
_EPILOG = """\b
Examples:
  ib-compat bundle 127.0.0.1:4002                 look at a Gateway, and pack that with the latest run
  ib-compat bundle --no-run                       what listens on the usual ports, and no run
  ib-compat bundle 4002 --output for-support.zip
  ib-compat bundle 4002 --recording monday.ibrec  with what a Gateway and its clients said
"""


@click.command(epilog=_EPILOG)
@click.argument("addresses", nargs=-1, metavar="[HOST:PORT]...")
@click.option("--simulate", "scenario", metavar="SCENARIO", help="Look at a simulated gateway with this fault.")
@click.option("--run", "name", metavar="RUN", help="The run to pack, by name or folder. [default: the latest]")
@click.option("--no-run", is_flag=True, help="Pack no run.")
@click.option(
    "--recording",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also pack a recording, NAME.ibrec, if it was cleaned.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The archive. [default: ib-compat-bundle-TIME.zip in this folder]",
)
@options.results
def command(
    *,
    addresses: tuple[str, ...],
    scenario: str | None,
    name: str | None,
    no_run: bool,
    recording: Path | None,
    output: Path | None,
    results: Path,
) -> None:
    """Pack an archive for support, without account numbers, user names and home folders.

    It contains what `ib-compat doctor` sees now of the gateways at HOST:PORT [default: the usual ports], the latest run
    with the decoded transcript of each cell, what programs wrote and asked, and the versions of everything.
    """
    file = output or Path(f"ib-compat-bundle-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip")
    run = None if no_run else _run(results, name)
    held = None if recording is None else recording_held(recording)
    seen = asyncio.run(_look(Asked(addresses=addresses, scenario=scenario)))
    write_bytes(file, bundle((_page(each) for each in seen), run, held), for_all=False)
    parts = [f"{len(seen)} looked at", f"run {run.name}" if run else "no run"]
    parts += [] if recording is None else [f"recording {recording.name}"]
    click.echo(f"{file}: {', '.join(parts)}; look through it before you send it")


def _run(results: Path, name: str | None) -> Path | None:
    """Find the run to pack; a missing run is an error only if one was named."""
    try:
        return find_run(results, name)
    except ResultsError:
        if name is not None:
            raise
        return None


async def _look(asked: Asked) -> list[Examination]:
    async with subjects(asked) as found:
        return await asyncio.gather(*(examine(each) for each in found))


def _page(seen: Examination) -> Page:
    return Page(seen=seen, text=draw_examination(seen, width=_WIDTH, style=Style()), data=document(seen))
