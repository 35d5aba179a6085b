"""Implements ``ib-compat verify``: says whether the simulator answers as a recorded gateway did."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from pathlib import Path

import click

from harness.cli import options, screen
from harness.cli.simulate import MOMENT
from harness.recordings.archive import read_recording
from harness.recordings.exchanges import dialogues_of
from harness.recordings.recording import Recording
from harness.shared.errors import ExitCode, InputError, UnwritableError
from harness.verify.learning import learned
from harness.verify.simulation import simulation_of
from harness.verify.verifying import verify
from harness.views.terminal.style import style_of
from harness.views.terminal.verify_page import draw_verified, verified_document

_EPILOG = """\b
Examples:
  ib-compat verify monday.ibrec
  ib-compat verify monday.ibrec --gateway 10.45         if the recording does not say its version
  ib-compat verify matrix.ibrec --market still          of a simulated gateway of a matrix
  ib-compat verify monday.ibrec --learn learned.toml    what it teaches, to send in

\b
Exit codes:
  0  every message and every field is as recorded, or differs only as it must
  1  the simulator says something differently
  2  wrong use, or there is no such recording
  3  the recording cannot be read, or has nothing to compare
"""


@click.command(epilog=_EPILOG)
@click.argument("recording", type=click.Path(path_type=Path, dir_okay=False), metavar="NAME.ibrec")
@click.option(
    "--gateway",
    metavar="PROFILE",
    help="Version to simulate; `ib-compat profiles` lists them. [default: the recorded one, or the nearest]",
)
@click.option(
    "--market",
    type=click.Choice(["moving", "still"]),
    help="Prices that move, of a world of contracts; or the few quotes that the matrix compares answers with. [default:"
    " moving; still for a simulated gateway that ib-compat started itself]",
)
@options.account
@options.seed
@click.option("--at", type=MOMENT, help="Moment that its clock begins with, with a zone. [default: as recorded]")
@click.option(
    "--learn",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Instead of comparing, write what the recording shows of its gateway as TOML, to send in; - prints it.",
)
@options.as_json
def command(
    *,
    recording: Path,
    gateway: str | None,
    market: str | None,
    account: str,
    seed: int,
    at: dt.datetime | None,
    learn: Path | None,
    as_json: bool,
) -> ExitCode:
    """Ask a simulated Gateway what was asked in a recording, and list what it answers differently.

    Its requests, orders included, go to the simulator only. Prices, times, accounts and amounts must differ, and are
    compared by their shape.
    """
    read = read_recording(recording)
    if learn is not None:
        return _learn(read, learn)
    started_by_us = read.manifest.gateway.kind == "simulator"
    still = market == "still" or (market is None and started_by_us)
    simulation = simulation_of(
        read,
        dialogues_of(read),
        profile=gateway,
        began=at,
        seed=None if still else seed,
        fresh=account == "empty",
    )
    found = asyncio.run(verify(read, simulation))
    if not found.compared:
        raise InputError(
            f"{recording}: there is nothing to compare: nothing that a gateway said is in it",
            hint="Record a program, or checks, that connect and ask.",
        )
    if as_json:
        click.echo(json.dumps(verified_document(found, read.manifest, recording.name), indent=2))
    else:
        style = style_of(sys.stdout)
        page = draw_verified(found, read.manifest, recording.name, width=screen.width(), style=style)
        click.echo(page, color=True)
    return ExitCode.AS_EXPECTED if found.as_recorded else ExitCode.INCOMPATIBLE


def _learn(recording: Recording, file: Path) -> ExitCode:
    text = learned(recording.manifest, dialogues_of(recording))
    if file == Path("-"):
        click.echo(text, nl=False)
        return ExitCode.AS_EXPECTED
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UnwritableError(f"{file}: cannot be written: {error.strerror or error}") from None
    return ExitCode.AS_EXPECTED
