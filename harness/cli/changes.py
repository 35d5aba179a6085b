"""Implements ``ib-compat changes``: says what changes for user code between two versions of a library."""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.changes.answering import find_changes
from harness.changes.change import DEFAULT_GATEWAY, SIGNATURES
from harness.changes.code_names import names_in
from harness.changes.concern import concerning
from harness.cli import options, screen
from harness.cli.two_versions import built, two_rows
from harness.gateways.simulator.gateway_profiles import find
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.load import load_matrix
from harness.shared.amounts import counted
from harness.shared.errors import ExitCode, SelectionError, UsageError, nearest
from harness.situations.all import situations
from harness.situations.situation import IBAPI
from harness.views.terminal.changes_page import NOBODY, changes_document, draw_changes, markdown_of
from harness.views.terminal.style import style_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.changes.change import Change, Changes
    from harness.changes.code_names import CodeNames
    from harness.situations.situation import Situation

_EPILOG = """\b
Examples:
  ib-compat changes ib_async==1.0.3 ib_async==2.1.0
  ib-compat changes ib_insync==0.9.86 ib_async==2.1.0
  ib-compat changes ib_async==2.1.0/py3.11 ib_async==2.1.0/py3.13
  ib-compat changes ibapi==9.81.1.post1 ibapi-latest==10.51.1
  ib-compat changes ib_async==1.0.3 ib_async==2.1.0 --situation '*order*'
  ib-compat changes ib_async==1.0.3 ib_async==2.1.0 --format markdown > changes.md
  ib-compat changes ib_async==2.1.0 ib_async==2.1.0 --gateway 10.37 --gateway 10.50
  ib-compat changes ib_async==1.0.3 ib_async==2.1.0 --code my_bot/
                      only what concerns the code of a program
  ib-compat changes --list

\b
Exit codes:
  0  nothing changes that the situations show
  1  something changes
  2  wrong use
  3  a situation did not come to its end, and nothing else changes
"""


@click.command(epilog=_EPILOG)
@click.argument("before", required=False, metavar="BEFORE")
@click.argument("after", required=False, metavar="AFTER")
@click.option(
    "--situation",
    "globs",
    multiple=True,
    metavar="GLOB",
    help=f"Only these situations; `{SIGNATURES}` compares public calls alone. Repeatable.",
)
@click.option(
    "--list",
    "only_list",
    is_flag=True,
    help="List the situations, for which libraries, and what a program does in each.",
)
@click.option(
    "--gateway",
    "gateways",
    multiple=True,
    default=[DEFAULT_GATEWAY],
    show_default=True,
    metavar="PROFILE",
    help="Version of the simulated gateway, as `ib-compat profiles` lists them; given twice, one for each.",
)
@click.option(
    "--code",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Only what concerns the Python code in this file or folder, by the names that it uses. Repeatable.",
)
@click.option("--python", metavar="VERSION", help="On this Python, such as 3.12. [default: the running one]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="Markdown is for a pull request.",
)
@click.option("--index", metavar="URL", help="Package index. [default: from uv's and pip's variables, or PyPI]")
@options.matrix
@options.environments
@options.as_json
def command(
    *,
    before: str | None,
    after: str | None,
    globs: tuple[str, ...],
    only_list: bool,
    gateways: tuple[str, ...],
    code: tuple[Path, ...],
    python: str | None,
    format_: str,
    index: str | None,
    matrix: Path | None,
    environments: Path,
    as_json: bool,
) -> ExitCode:
    """Say what changes for user code from version BEFORE to version AFTER, such as ib_async==1.0.3.

    Both meet the same situations at a simulated gateway: refusals, lives of orders, lost connections, time zones,
    threads, event loops. What user code can see is compared: values, types, exceptions, states and events of orders,
    what stays pending, log records; and the signatures of all public calls. It is behaviour, not release notes. A
    change is no verdict: you see both observations, and the command that shows them.
    """
    chosen = _chosen(globs)
    if only_list:
        click.echo(_listed(chosen))
        return ExitCode.AS_EXPECTED
    if before is None or after is None:
        raise UsageError("expected two versions", hint="ib-compat changes ib_async==1.0.3 ib_async==2.1.0")
    names = names_in(code) if code else None
    first_gateway, second_gateway = _gateways(gateways)
    known = load_matrix(matrix or default_matrix())
    rows = two_rows(before, after, known, python, apart=first_gateway != second_gateway)
    signatures = not globs or any(fnmatchcase(SIGNATURES, glob) for glob in globs)
    played = _played(chosen, rows[0].adapter, signatures=signatures)
    first, second = built(rows, (first_gateway, second_gateway), environments, index)
    told = _progress(quiet=as_json)
    found = find_changes(first, second, situations=played, signatures=signatures, told=told)
    places = NOBODY
    if names is not None:
        every = len(found.changes)
        found, places = concerning(found, names, (first.packages, first.row.adapter))
        _tell_code(names, len(found.changes), every)
    click.echo(_written(found, places, format_, as_json=as_json), color=True, nl=format_ != "markdown" or as_json)
    return _exit_code(found)


def _tell_code(names: CodeNames, some: int, every: int) -> None:
    """Say on standard error how much of it concerns the code, and what was not read of that."""
    click.echo(f"{some} of {counted(every, 'change')} concern the code, by the names that it uses", err=True)
    for file, why in names.unread.items():
        click.echo(f"{file}: not read: {why}", err=True)


def _gateways(names: tuple[str, ...]) -> tuple[str, str]:
    """Return the profile that each version meets."""
    if len(names) > 2:  # noqa: PLR2004 - one for each
        raise UsageError(f"--gateway was given {len(names)} times", hint="Give it once, or once for each version.")
    return find(names[0]).name, find(names[-1]).name


def _chosen(globs: tuple[str, ...]) -> tuple[Situation, ...]:
    """Return the situations that match.

    Raises:
        SelectionError: a glob matches none.
    """
    every = situations()
    names = [each.name for each in every]
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in (*names, SIGNATURES)):
            near = ", ".join(nearest(glob, (*names, SIGNATURES))) or "none"
            raise SelectionError(
                f"--situation {glob!r} matches none", hint=f"Nearest: {near}. `ib-compat changes --list` has them all."
            )
    return tuple(each for each in every if not globs or any(fnmatchcase(each.name, glob) for glob in globs))


def _played(chosen: tuple[Situation, ...], adapter: str, *, signatures: bool) -> tuple[Situation, ...]:
    """Return the chosen situations that a library can play.

    Raises:
        SelectionError: it can play none of them.
    """
    played = tuple(each for each in chosen if each.is_for(adapter))
    if not played and not signatures:
        names = ", ".join(each.name for each in chosen)
        raise SelectionError(
            f"no script for {adapter} in {names}", hint="`ib-compat changes --list` says which libraries each is for."
        )
    return played


def _listed(chosen: tuple[Situation, ...]) -> str:
    """Return the situations, each with the libraries that it is for."""
    margin = max((len(each.name) for each in chosen), default=0) + 2
    libraries = {(True, True): "all", (True, False): "ib_async", (False, True): IBAPI}
    return "\n".join(
        f"{each.name:{margin}}{libraries[each.play is not None, each.ibapi is not None]:10}{each.does}"
        for each in chosen
    )


def _progress(*, quiet: bool) -> Callable[[int, int], None]:
    """Return what tells how far it is, on a terminal's standard error alone."""

    def tell(done: int, count: int) -> None:
        if not quiet and sys.stderr.isatty():
            click.echo(f"\r[{done:{len(str(count))}}/{count}] " + ("\n" if done == count else ""), err=True, nl=False)

    return tell


def _written(found: Changes, places: Mapping[Change, str], format_: str, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(changes_document(found, places), indent=2)
    if format_ == "markdown":
        return markdown_of(found, places)
    return draw_changes(found, width=screen.width(), style=style_of(sys.stdout), places=places)


def _exit_code(found: Changes) -> ExitCode:
    if found.changes:
        return ExitCode.INCOMPATIBLE
    return ExitCode.HARNESS_FAILED if found.not_known else ExitCode.AS_EXPECTED
