"""What the commands that decide from results share: their options, and the runs that they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from harness.cli.runs import readable
from harness.decide.judging import Standing, required
from harness.decide.measured import collect
from harness.errors import ExitCode, ResultsError
from harness.results.files import read_run
from harness.results.folder import run_folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.decide.judging import Required
    from harness.decide.measured import Evidence

EXIT_CODES = {
    Standing.WORKS: ExitCode.AS_EXPECTED,
    Standing.BREAKS: ExitCode.INCOMPATIBLE,
    Standing.UNKNOWN: ExitCode.HARNESS_FAILED,
}

_LAST = 30

pythons = click.option(
    "--python", "pythons", multiple=True, metavar="GLOB", help="On this Python; the one that runs this unless given."
)
runs = click.option(
    "--run",
    "names",
    multiple=True,
    metavar="RUN",
    help=f"From this run, by name, folder or file; else each cell as the newest of {_LAST} runs has it that asked.",
)


def checks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--allow`` and ``--require``."""
    words = "This check does not matter to you; several with commas, or again."
    command = click.option("--allow", "allowed", multiple=True, metavar="CHECK", help=words)(command)
    words = "Only these checks matter, and those that prove contact."
    return click.option("--require", "named", multiple=True, metavar="CHECK", help=words)(command)


def wanted(allowed: tuple[str, ...], named: tuple[str, ...]) -> Required:
    """What the options of ``checks`` say."""
    return required(allowed, named)


def read_evidence(results: Path, names: tuple[str, ...]) -> Evidence:
    """What the runs know; raises ResultsError where there is none."""
    if names:
        chosen = sorted((read_run(results, name) for name in names), key=lambda run: run.run.ended, reverse=True)
        return collect(chosen)
    found = list(readable(run_folders(results)[:_LAST]))
    if not found:
        raise ResultsError(f"{results}: holds no run that can be read", hint="`nox -s matrix` makes one.")
    return collect(found)
