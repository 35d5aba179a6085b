"""Implements ``ib-compat upgrade``: says whether a gateway may be upgraded."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import deciding, options, screen
from harness.results.decide.bringing import look_up
from harness.results.decide.libraries import adapters, distributions
from harness.results.decide.measured import columns_of, pythons_of
from harness.results.decide.package_index import index_url
from harness.results.decide.program_decision import gateway_moves, gateways_named, programs_named, without_bisections
from harness.results.decide.requirement_files import read_used
from harness.results.decide.row_judging import worst_of
from harness.results.decide.upgrade_answer import Question
from harness.results.decide.upgrade_decision import answer_upgrade
from harness.shared.errors import UsageError
from harness.views.terminal.program_decision_page import draw_moves, moves_document
from harness.views.terminal.style import style_of
from harness.views.terminal.upgrade_page import draw_upgrade, upgrade_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.results.decide.bringing import Looked
    from harness.results.decide.libraries_used import Used
    from harness.results.decide.program_decision import Move
    from harness.results.results_model import Results
    from harness.shared.errors import ExitCode

_FILE = click.Path(path_type=Path, dir_okay=False)
_EPILOG = """\b
Examples:
  ib-compat upgrade --from gateway-10.37 --to gateway-10.50
  ib-compat upgrade --from gateway-10.37 --to gateway-10.50 --requirements requirements.txt
  ib-compat upgrade --from gateway-10.37 --to gateway-10.50 --lock uv.lock --python 3.12
  ib-compat upgrade --from gateway-10.37 --to gateway-10.50 --allow executions
  ib-compat upgrade --from gateway-10.37 --to gateway-10.51 --matrix matrices/programs.toml --program positions
                      for a program of yours, by the runs of its [[program]] table

\b
Exit codes:
  0  safe: every library that counts will work
  1  not safe: at least one will not
  2  wrong use
  3  not known, which counts as no
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--from", "today", multiple=True, required=True, metavar="GATEWAY", help="Gateway that runs now, by name or glob."
)
@click.option(
    "--to", "after", multiple=True, required=True, metavar="GATEWAY", help="Gateway to move to, by name or glob."
)
@click.option("--requirements", type=_FILE, metavar="FILE", help="Your requirements.txt or pyproject.toml.")
@click.option("--lock", type=_FILE, metavar="FILE", help="Your uv.lock, poetry.lock, pdm.lock or pylock.toml.")
@click.option(
    "--index",
    metavar="URL",
    help="Package index, to look up which packages in your file include a library. [default: uv's or pip's]",
)
@click.option(
    "--program", "programs", multiple=True, metavar="GLOB", help="Answer for this [[program]], not for libraries."
)
@deciding.pythons
@deciding.checks
@deciding.runs
@options.results
@options.as_json
def command(
    *,
    today: tuple[str, ...],
    after: tuple[str, ...],
    requirements: Path | None,
    lock: Path | None,
    index: str | None,
    programs: tuple[str, ...],
    pythons: tuple[str, ...],
    names: tuple[str, ...],
    matrix: Path | None,
    results: Path,
    as_json: bool,
    **checks: Any,
) -> ExitCode:
    """Say whether a Gateway or TWS is safe to upgrade, for each library that you use.

    The answer comes from existing runs of one matrix file; no gateway is asked. Whatever no run asked is not known. The
    finished cells of a run that died count. With a file of yours, ib-compat also asks the package index which packages
    in it install or use one of the libraries. Without a file, you get an answer for every library in the results; a
    library that does not work today then counts only if more of it breaks.
    """
    if programs:
        _refuse_beside_programs(requirements, lock, index, pythons, *checks.values())
        runs = without_bisections(deciding.read_runs(results, names, matrix))
        return _about_programs(runs, programs, today, after, as_json=as_json)
    evidence = deciding.read_evidence(results, names, matrix)
    question = Question(
        today=columns_of(evidence, today, "--from"),
        after=columns_of(evidence, after, "--to"),
        pythons=pythons_of(evidence, pythons),
        wanted=deciding.wanted(**checks),
    )
    used = _used(requirements, lock, question.pythons)
    looked = _looked(used, index_url(index), lock or requirements)
    upgrade = answer_upgrade(evidence, question, used, looked)
    if as_json:
        click.echo(json.dumps(upgrade_document(upgrade), indent=2))
    else:
        now = datetime.now(UTC)
        click.echo(draw_upgrade(upgrade, now=now, width=screen.width(), style=style_of(sys.stdout)), color=True)
    return deciding.EXIT_CODES[upgrade.standing]


def _refuse_beside_programs(*options: object) -> None:
    if any(options):
        raise UsageError(
            "--program answers for what your program uses, so it goes with --from, --to, --run and --matrix alone",
            hint="Its table in the matrix file says what it needs and what it must do.",
        )


def _about_programs(
    runs: Sequence[Results], globs: Sequence[str], today: Sequence[str], after: Sequence[str], *, as_json: bool
) -> ExitCode:
    moves: list[Move] = []
    for name in programs_named(runs, globs):
        one, other = (gateways_named(runs, name, *pair) for pair in ((today, "--from"), (after, "--to")))
        moves += gateway_moves(runs, name, one, other)
    standing = worst_of(move.standing for move in moves if move.counts)
    if as_json:
        click.echo(json.dumps(moves_document(moves, standing), indent=2))
    else:
        now, style = datetime.now(UTC), style_of(sys.stdout)
        click.echo(draw_moves(moves, standing, now=now, width=screen.width(), style=style), color=True)
    return deciding.EXIT_CODES[standing]


def _used(requirements: Path | None, lock: Path | None, pythons: Sequence[str]) -> dict[str, tuple[Used, ...]] | None:
    """Return what the user's file names, by Python; ``None`` without one. A lock file takes precedence."""
    if requirements and lock:
        raise UsageError("--requirements and --lock cannot be combined", hint="Pass the lock file: it has everything.")
    file = lock or requirements
    if file is None:
        return None
    return {python: read_used(file, python=python) for python in pythons}


def _looked(used: dict[str, tuple[Used, ...]] | None, index: str, file: Path | None) -> dict[str, Looked]:
    """Return, by Python, which packages of the file bring libraries along.

    Raises:
        UsageError: the file concerns no library.
    """
    looked = {python: look_up(several, index, python=python) for python, several in (used or {}).items()}
    names = {each.name for several in (used or {}).values() for each in several}
    elsewhere = any(each.source for several in (used or {}).values() for each in several)
    if (
        used is not None
        and not elsewhere
        and not names & adapters().keys()
        and not any(each.bringers for each in looked.values())
    ):
        known = ", ".join(distributions())
        raise UsageError(f"{file}: contains none of the libraries that ib-compat knows", hint=f"They are: {known}.")
    return looked
