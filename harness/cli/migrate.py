"""Implements ``ib-compat migrate``: moves a program from ib_insync to ib_async, and proves it by running both."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.changes.renaming import Patch, renamed
from harness.cli import options, screen
from harness.cli.build import tools_of
from harness.cli.try_program import answers_of, exit_code_of
from harness.cli.try_sides import TODAY
from harness.gateways.simulator.gateway_profiles import find
from harness.programs.program import Program
from harness.run.programs.environments import rows_of
from harness.run.programs.network import Network
from harness.run.programs.trying import Side, Trial
from harness.shared.amounts import counted
from harness.shared.errors import ExitCode, UnwritableError, UsageError
from harness.views.terminal.program_page import draw_answers
from harness.views.terminal.style import printable, style_of

OLD, NEW = "ib_insync", "ib_async"
FROM, TO = f"{OLD}==0.9.86", f"{NEW}==2.1.0"

_EPILOG = """\b
Examples:
  ib-compat migrate bot.py                         show the patch
  ib-compat migrate bot.py -- python bot.py        and run the program with and without it, in copies
  ib-compat migrate src/ --requirements requirements.txt -- python -m bot
  ib-compat migrate bot.py --write                 change the files

\b
Exit codes:
  0  the patch is shown or written; with a command, the program does the same with it
  1  with it, the program does something else
  2  wrong use, or nothing is to be renamed
  3  nobody can tell whether it does the same
"""


@click.command(epilog=_EPILOG)
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option(
    "--from", "before", default=FROM, show_default=True, metavar="LIBRARY==VERSION", help="What it has today."
)
@click.option("--to", "after", default=TO, show_default=True, metavar="LIBRARY==VERSION", help="What it moves to.")
@click.option(
    "--write",
    is_flag=True,
    help="Change the files; with a command, only if the program does the same. Keep a copy, or use version control.",
)
@options.requirements
@options.beside
@options.seconds
@click.option("--gateway", default=TODAY, show_default=True, metavar="PROFILE", help="Simulated Gateway that it meets.")
@options.environments
def command(
    *,
    path: Path,
    command: tuple[str, ...],
    before: str,
    after: str,
    write: bool,
    requirements: Path | None,
    beside: tuple[str, ...],
    seconds: float,
    gateway: str,
    environments: Path,
) -> ExitCode:
    """Rename ib_insync to ib_async in the Python code at PATH, and prove by running both that it does the same.

    The patch renames imports, and texts that are a module's name. What else behaves otherwise, `ib-compat changes
    ib_insync==0.9.86 ib_async==2.1.0 --code PATH` says. COMMAND runs as by `ib-compat try`: in copies, at a simulated
    Gateway, each with its own environment.
    """
    patch = renamed([path], _package(before), _package(after))
    _show(patch)
    found = ExitCode.AS_EXPECTED
    if command:
        rows = list(rows_of([before, after], requirements, beside).values())
        tools = tools_of(rows, environments)
        profile = find(gateway)
        today = Side(gateway=profile, library=before.replace("==", " "), tools=tools[before])
        then = Side(
            gateway=profile, library=after.replace("==", " "), tools=tools[after], edits=_inside(patch, Path.cwd())
        )
        program = Program(command=command, folder=Path.cwd(), seconds=seconds)
        found = _proved(Trial(program=program, today=today, then=(then,), network=Network.OWN))
    if write and found is ExitCode.AS_EXPECTED:
        _write(patch)
    elif write:
        click.echo("nothing is written, because it is not proved; without a command, --write always writes", err=True)
    return found


def _package(library: str) -> str:
    name, equals, _ = library.partition("==")
    if name not in {OLD, NEW} or not equals:
        raise UsageError(f"{library!r} is no version of {OLD} or {NEW}", hint=f"For example {FROM} or {TO}.")
    return name


def _show(patch: Patch) -> None:
    """Print the patch, and say on standard error what else is to be done."""
    seen = sys.stdout.isatty()
    for line in patch.diff:
        click.echo(printable(line) if seen else line, nl=False)
    click.echo(f"{counted(len(patch.edits), 'file')} to change", err=True)
    for file, why in patch.unread.items():
        click.echo(f"{file}: not read: {printable(why)}", err=True)
    for line in patch.by_hand:
        click.echo(f"to change by hand: {printable(line)}", err=True)


def _inside(patch: Patch, folder: Path) -> dict[Path, bytes]:
    """Return the edits by their paths in the folder in which the program runs.

    Raises:
        UsageError: a file is elsewhere, so the copy does not have it.
    """
    found = {}
    for path, data in patch.edits.items():
        if not path.absolute().is_relative_to(folder):
            raise UsageError(f"{path}: is not in this folder", hint="Start from the folder of the program.")
        found[path.absolute().relative_to(folder)] = data
    return found


def _proved(trial: Trial) -> ExitCode:
    answers = answers_of(trial)
    if answers is None:
        return ExitCode.INTERRUPTED
    click.echo("")
    click.echo(draw_answers(answers, {}, width=screen.width(), style=style_of(sys.stdout)), color=True)
    return exit_code_of(answers)


def _write(patch: Patch) -> None:
    try:
        for path, data in patch.edits.items():
            path.write_bytes(data)
    except OSError as problem:
        raise UnwritableError(f"{problem.filename}: cannot be written: {problem.strerror or problem}") from None
    click.echo(f"{counted(len(patch.edits), 'file')} changed", err=True)
