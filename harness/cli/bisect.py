"""Implements ``ib-compat bisect``: finds the first version or gateway that breaks a check."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import bisect_steps, deciding, options, screen
from harness.cli.bisect_program import ProgramSteps, program_steps
from harness.cli.bisect_steps import Candidate, Steps
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.load import load_matrix
from harness.results.decide.bisection import End, bisect
from harness.results.decide.libraries import adapter_of
from harness.results.run_folder import relative
from harness.shared.errors import ExitCode, ResultsError, UsageError
from harness.views.terminal.bisect_page import Bisected, bisected_document, draw_bisected, step_line
from harness.views.terminal.cell_seen import find_seen
from harness.views.terminal.style import style_of
from harness.views.terminal.wire_difference import wire_diff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.plan.matrix.load import Matrix
    from harness.results.decide.bisection import Found
    from harness.results.decide.row_judging import Standing
    from harness.views.terminal.wire_difference import WireDiff

_EXIT_CODES = {
    End.FOUND: ExitCode.AS_EXPECTED,
    End.GOOD_IS_BAD: ExitCode.WRONG_USE,
    End.BAD_IS_GOOD: ExitCode.WRONG_USE,
    End.NOT_KNOWN: ExitCode.HARNESS_FAILED,
}
_EPILOG = """\b
Examples:
  ib-compat bisect ib_insync --good 0.9.86 --bad 0.9.72 --gateway gateway-10.45
  ib-compat bisect nautilus-ibapi --good 10.30.1 --bad 10.45.1 --gateway gateway-10.45
  ib-compat bisect ib_async --good 1.0.3 --bad 2.1.0 --gateway 127.0.0.1:4002
  ib-compat bisect ib_async --good 1.0.3 --bad 2.1.0 --matrix mine.toml --program rebalancer
                      the first version with which a program of yours does something else
  ib-compat bisect --good gateway-10.30 --bad gateway-10.51 --matrix mine.toml --program rebalancer
                      the first Gateway
  ib-compat bisect --row nautilus-ibapi==10.43.2 --with 'protobuf>=5.29.5' --good gateway-10.30 --bad gateway-10.45

\b
Exit codes:
  0  found
  2  wrong use, or the good version breaks, or the bad one works
  3  the good or the bad version could not be run, or the package index could not be read
"""


@click.command(epilog=_EPILOG)
@click.argument("library", required=False)
@click.option("--good", required=True, metavar="NAME", help="A version that works; with --row, a gateway.")
@click.option(
    "--bad", required=True, metavar="NAME", help="A version that fails, older or newer; with --row, a gateway."
)
@click.option(
    "--gateway", metavar="GATEWAY", help="A gateway of the matrix file, one that can be simulated, or HOST:PORT."
)
@click.option("--row", metavar="ID", help="Search gateways instead, with this row, such as 'ib_async==2.1.0'.")
@click.option("--program", metavar="NAME", help="Ask whether this [[program]] does what it does with the good one.")
@click.option(
    "--versions", metavar="LIST", help="Search these versions, separated by commas. [default: those in the index]"
)
@click.option(
    "--with", "beside", multiple=True, metavar="REQUIREMENT", help="Also install this, such as 'protobuf>=5.29.5'."
)
@click.option("--python", metavar="VERSION", help="On this Python, such as 3.12. [default: the running one]")
@click.option("--index", metavar="URL", help="Package index. [default: from uv's and pip's variables, or PyPI]")
@options.matrix
@click.option(
    "--environments",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep the environments here for the next time. [default: they are deleted]",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results", "bisect"),
    show_default=True,
    metavar="DIR",
    help="Folder of the results; each step is a run.",
)
@deciding.checks
@options.allow_live
@options.as_json
def command(
    *,
    matrix: Path | None,
    environments: Path | None,
    results: Path,
    allow_live: bool,
    as_json: bool,
    allowed: tuple[str, ...],
    named: tuple[str, ...],
    index: str | None,
    **asked: Any,
) -> ExitCode:
    """Find the first version of LIBRARY that fails with a gateway, by bisection.

    Each step installs a version in its own environment and runs it like any cell. Versions that cannot be installed are
    skipped, and the answer may then be a range. With --row it searches the gateways that can be simulated, ordered by
    server version. With --program, each step runs a program of yours, and one with which it does something else fails.
    """
    whole = load_matrix(matrix or default_matrix())
    program = asked.pop("program")
    with _folder(environments) as folder:
        steps: Steps | ProgramSteps
        if program is not None:
            if allowed or named or allow_live:
                raise UsageError("--program does not go with --allow, --require and --allow-live")
            steps = program_steps(whole, program, folder, results, index, **asked)
        else:
            steps = Steps(
                matrix=whole,
                candidates=_candidates(whole, index, **asked),
                environments=folder,
                results=results,
                wanted=deciding.wanted(allowed, named),
                index=index,
                allow_live=allow_live,
            )
        found = bisect(len(steps.candidates), lambda number: _ask(steps, number, quiet=as_json))
    bisected = _bisected(steps, found)
    if as_json:
        click.echo(json.dumps(bisected_document(bisected), indent=2))
    else:
        click.echo(draw_bisected(bisected, width=screen.width(), style=style_of(sys.stdout)), color=True)
    return _EXIT_CODES[found.end]


def _candidates(
    matrix: Matrix,
    index: str | None,
    *,
    library: str | None,
    row: str | None,
    gateway: str | None,
    good: str,
    bad: str,
    versions: str | None,
    beside: tuple[str, ...],
    python: str | None,
) -> list[Candidate]:
    if row is not None:
        if library or gateway or versions:
            raise UsageError("--row searches gateways, so it cannot be combined with LIBRARY, --gateway and --versions")
        known = bisect_steps.row_named(row, matrix, python, beside)
        between = bisect_steps.gateways_between(good, bad)
        return [Candidate(name=name, row=known, gateway=spec) for name, spec in between]
    if library is None or gateway is None:
        raise UsageError("pass LIBRARY and --gateway, or pass --row", hint="ib-compat bisect --help has examples.")
    adapter_of(library)
    found = bisect_steps.versions_of(library, versions, index, good, bad)
    spec = bisect_steps.gateway_named(gateway, matrix)
    rows = ((version, bisect_steps.row_of(library, version, python, beside)) for version in found)
    return [Candidate(name=version, row=each, gateway=spec) for version, each in rows]


@contextmanager
def _folder(environments: Path | None) -> Iterator[Path]:
    """Yield the folder for environments: the given one, or a temporary one that is removed at the end."""
    if environments is not None:
        try:
            environments.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            hint = "Name a folder that you may write to with --environments DIR."
            raise UsageError(f"{environments}: cannot be written: {error.strerror or error}", hint=hint) from None
        yield environments
        return
    with tempfile.TemporaryDirectory(prefix="ib-compat-bisect-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _ask(steps: Steps | ProgramSteps, number: int, *, quiet: bool) -> Standing:
    step = steps.ask(number)
    if not quiet:
        style = style_of(sys.stdout)
        line = step_line(step.candidate.name, step.judgement, step.standing, width=screen.width(), style=style)
        click.echo(line, color=True)
    return step.standing


def _bisected(steps: Steps | ProgramSteps, found: Found) -> Bisected:
    wire, why = (None, steps.where) if isinstance(steps, ProgramSteps) else (None, "")
    if found.end is End.FOUND and isinstance(steps, Steps):
        wire, why = _wire(steps, found)
    return Bisected(
        names=[candidate.name for candidate in steps.candidates],
        found=found,
        asked={number: step.judgement for number, step in steps.done.items()},
        runs={number: relative(step.folder) for number, step in steps.done.items()},
        wire=wire,
        why_no_wire=why,
    )


def _wire(steps: Steps, found: Found) -> tuple[WireDiff | None, str]:
    """Return how the transcripts of the last good and the first bad candidate differ, or why that is unknown."""
    pair = steps.done[found.last_good], steps.done[found.first_bad]
    one, other = (find_seen(step.folder, step.candidate.cell) for step in pair)
    try:
        first, second = one.transcript(), other.transcript()
    except ResultsError as error:
        return None, str(error)
    hides = one.masker(), other.masker()
    return wire_diff(first, second, mask=lambda text: hides[1].text(hides[0].text(text))), ""
