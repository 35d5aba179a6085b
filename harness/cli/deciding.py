"""Shared by the commands that decide from results: their options, and the runs that they read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.runs import read_run_named, readable, reader_of
from harness.results.decide.measured import collect, meant, same_matrix
from harness.results.decide.row_judging import Standing, required
from harness.results.run_folder import PLAN, run_folders
from harness.results.run_standing import left_in_line
from harness.shared.bounded_reading import read_json
from harness.shared.errors import ExitCode, InputError, ResultsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.results.decide.measured import Evidence
    from harness.results.decide.row_judging import Required
    from harness.results.results_model import Results
    from harness.results.run_index.indexed_run import RunReader

EXIT_CODES = {
    Standing.WORKS: ExitCode.AS_EXPECTED,
    Standing.BREAKS: ExitCode.INCOMPATIBLE,
    Standing.UNKNOWN: ExitCode.HARNESS_FAILED,
}

_LAST = 30

pythons = click.option(
    "--python", "pythons", multiple=True, metavar="GLOB", help="On this Python. [default: the running one]"
)
_runs = click.option(
    "--run",
    "names",
    multiple=True,
    metavar="RUN",
    help=f"From this run, by name, folder or file; else each cell as the newest of {_LAST} runs has it that asked.",
)
_matrix = click.option(
    "--matrix",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Use runs of this matrix file. [default: the default file, or the only one that was run]",
)


def runs(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--run`` and ``--matrix``: which runs the answer comes from."""
    return _runs(_matrix(command))


def checks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--allow`` and ``--require``."""
    words = "This check does not matter to you; several with commas, or again."
    command = click.option("--allow", "allowed", multiple=True, metavar="CHECK", help=words)(command)
    words = "Only these checks matter, and those that prove contact."
    return click.option("--require", "named", multiple=True, metavar="CHECK", help=words)(command)


def wanted(allowed: tuple[str, ...], named: tuple[str, ...]) -> Required:
    """Return which checks matter, from the options that ``checks`` adds."""
    return required(allowed, named)


def read_evidence(results: Path, names: tuple[str, ...], matrix: Path | None) -> Evidence:
    """Return what the runs of one matrix file measured, the newest first; see `read_runs`."""
    return collect(read_runs(results, names, matrix))


def read_runs(results: Path, names: tuple[str, ...], matrix: Path | None) -> list[Results]:
    """Return the runs of one matrix file that count, the newest first.

    The finished cells of a run that died count, too, and standard error says so.

    Args:
        results: the folder of the runs.
        names: the runs that count [default: the newest ones of the matrix file]
        matrix: the matrix file of the runs [default: the default one]

    Raises:
        ResultsError: there are no such runs.
        UsageError: it is unclear which matrix file is meant.
    """
    found = _named(results, names, matrix) if names else _newest_of(results, matrix)
    _name_unfinished(found)
    return found


def _newest_of(results: Path, matrix: Path | None) -> list[Results]:
    read = reader_of(results)
    folders = [(folder, file) for folder in run_folders(results) if (file := _matrix_of(folder, read)) is not None]
    file = meant((each for _, each in folders), matrix)
    mine = [folder for folder, each in folders if file is not None and same_matrix(each, file)]
    found = list(_newest(mine, read))
    if not found:
        raise ResultsError(f"{results}: contains no readable run", hint="`nox -s matrix` makes one.")
    return found


def _name_unfinished(runs: Sequence[Results]) -> None:
    """Name the newest run that was not finished on standard error, except if a later one of the whole file was."""
    for run in runs:
        if run.run.whole and run.run.complete:
            break
        left = left_in_line(run.run)
        if left is not None:
            click.echo(f"ib-compat: {left}; what it finished counts", err=True)
            break


def _newest(folders: list[Path], read: RunReader) -> Iterator[Results]:
    for number, run in enumerate(readable(folders, read), start=1):
        yield run
        if number == _LAST:
            return


def _named(results: Path, names: tuple[str, ...], matrix: Path | None) -> list[Results]:
    chosen = sorted((read_run_named(results, name) for name in names), key=lambda run: run.run.ended, reverse=True)
    files = list(dict.fromkeys(run.run.matrix for run in chosen))
    if matrix is None and len(files) > 1:
        raise UsageError(
            f"the named runs belong to several matrix files: {', '.join(files)}",
            hint="Expectations of one matrix file do not apply to another. Name runs of one, or pass --matrix.",
        )
    file = meant(files, matrix)
    return [run for run in chosen if file is not None and same_matrix(run.run.matrix, file)]


def _matrix_of(folder: Path, read: RunReader) -> str | None:
    """Return the matrix file of a run, from the index or its plan; ``None`` if the plan cannot be read."""
    known = read.about(folder)
    if known is not None:
        return known.matrix
    try:
        return str(read_json(folder / PLAN)["matrix"])
    except (FileNotFoundError, InputError, KeyError, TypeError):
        return None
