"""Defines the options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.plan.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable

_FOLDER = click.Path(path_type=Path)

matrix = click.option(
    "--matrix",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Matrix file. [default: matrices/default.toml]",
)
environments = click.option(
    "--environments",
    type=_FOLDER,
    default=Path(".nox"),
    show_default=True,
    metavar="DIR",
    help="Folder of the rows' environments.",
)
build = click.option(
    "--build/--no-build",
    default=True,
    show_default=True,
    help="Build missing environments first, or use those that exist.",
)
results = click.option(
    "--results",
    type=_FOLDER,
    default=Path("results"),
    show_default=True,
    metavar="DIR",
    help="Folder of the results.",
)
allow_live = click.option("--allow-live", is_flag=True, help="Also ask live gateways, with reading requests only.")
orders = click.option(
    "--orders",
    is_flag=True,
    help="Also run the checks that send orders, on paper gateways only: shares far from the market, cancelled.",
)
account = click.option(
    "--account",
    type=click.Choice(["held", "empty"]),
    default="held",
    show_default=True,
    help="Begin with a few holdings and executions; or with cash alone.",
)
seed = click.option("--seed", default=1, show_default=True, help="The same seed moves prices in the same way.")
requirements = click.option(
    "--requirements",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="What the program needs beside the library that is named: requirements, pyproject.toml, or a lock file.",
)
beside = click.option("--with", "beside", multiple=True, metavar="REQUIREMENT", help="Install this, too. Repeatable.")
seconds = click.option(
    "--for",
    "seconds",
    type=click.FloatRange(min=1),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="After how many seconds a program is ended that runs on.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")

_SELECTION = (
    ("--library", "libraries", "GLOB", "Only this library, such as 'ib_async' or 'ib_async==2.*'."),
    ("--python", "pythons", "GLOB", "Only this Python, such as 3.12."),
    ("--row", "rows", "ID", "Only this row, such as 'ib_async==2.1.0/py3.11'."),
    (
        "--gateway",
        "gateways",
        "GLOB",
        "Only this gateway, such as 'gateway-10.45-paper' or 'tws-*', or the one at HOST:PORT.",
    ),
    ("--cell", "cells", "ID", "Only this cell, such as 'ib_async==2.1.0/py3.11/gateway-10.45-paper'."),
    ("--program", "programs", "GLOB", "Only this [[program]] of the matrix file, and no library."),
)


def selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that select cells. Each may be given several times; ``*`` and ``?`` match as in file names."""
    for option, name, metavar, words in reversed(_SELECTION):
        command = click.option(option, name, multiple=True, metavar=metavar, help=words)(command)
    return command


def selection_names() -> tuple[str, ...]:
    """Return the parameter names of the options that ``selection`` adds."""
    return tuple(name for _, name, _, _ in _SELECTION)


def selected(options: dict[str, Any]) -> Selection:
    """Remove the options that ``selection`` added from a command's options, and return the selection."""
    return Selection(**{name: options.pop(name) for _, name, _, _ in _SELECTION})


def selection_again(options: dict[str, Any]) -> tuple[str, ...]:
    """Return the words that give a command on another machine the same matrix, selection and permissions.

    The ``options`` stay as they are.
    """
    words = [] if options["matrix"] is None else [f"--matrix={options['matrix'].as_posix()}"]
    words += [f"{option}={value}" for option, name, *_ in _SELECTION for value in options[name]]
    words += [f"--{name.replace('_', '-')}" for name in ("allow_live", "orders") if options[name]]
    return tuple(words)
