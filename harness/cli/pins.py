"""Implements ``ib-compat pins``: chooses library versions that work with the named gateways."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import deciding, options
from harness.results.decide.measured import columns_of, pythons_of
from harness.results.decide.pin_choice import answer_pins
from harness.results.decide.program_decision import (
    LibraryPin,
    gateways_named,
    library_pins,
    programs_named,
    without_bisections,
)
from harness.results.decide.row_judging import worst_of
from harness.results.run_folder import write_bytes
from harness.shared.errors import SelectionError, UsageError, did_you_mean
from harness.views.terminal.pins_page import draw_pins, pins_document
from harness.views.terminal.program_decision_page import draw_library_pins, library_pins_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.results.decide.measured import Evidence
    from harness.results.results_model import Results
    from harness.shared.errors import ExitCode

_EPILOG = """\b
Examples:
  ib-compat pins --gateway gateway-10.50
  ib-compat pins --gateway gateway-10.37 --gateway gateway-10.50 --output constraints.txt
  ib-compat pins --gateway gateway-10.50 --library ib_async --python 3.11 --python 3.12
  ib-compat pins --gateway 'gateway-10.5*' --allow non_ascii,user_info
  ib-compat pins --gateway gateway-10.51 --matrix matrices/programs.toml --program positions
                      the newest library with which a program of yours does what it does today

\b
Exit codes:
  0  each library has a version that works
  1  some library has none
  2  wrong use
  3  for some library no version is known to work, and some versions were not run
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--gateway",
    "gateways",
    multiple=True,
    required=True,
    metavar="GATEWAY",
    help="Gateway, by name or glob; pins must work with all of them.",
)
@deciding.pythons
@click.option(
    "--library", "libraries", multiple=True, metavar="GLOB", help="Only this package. [default: all in the results]"
)
@click.option(
    "--program",
    "programs",
    multiple=True,
    metavar="GLOB",
    help="Versions with which this [[program]] does what it does today, whatever else is broken in them.",
)
@deciding.checks
@deciding.runs
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file. [default: standard output]",
)
@options.results
@options.as_json
def command(
    *,
    gateways: tuple[str, ...],
    pythons: tuple[str, ...],
    libraries: tuple[str, ...],
    programs: tuple[str, ...],
    names: tuple[str, ...],
    matrix: Path | None,
    output: Path | None,
    results: Path,
    as_json: bool,
    **checks: Any,
) -> ExitCode:
    """Write version pins: for each library, the newest version that works with all named gateways and Pythons.

    The output is a constraints file for pip and uv. Comments above each line name the runs that prove it, and why each
    newer version was rejected. A version that no run asked is not known, and never pinned.
    """
    if programs:
        if libraries or pythons or any(checks.values()):
            raise UsageError("--program goes with --gateway, --run, --matrix and --output alone")
        runs = without_bisections(deciding.read_runs(results, names, matrix))
        return _for_programs(runs, programs, gateways, output, as_json=as_json)
    evidence = deciding.read_evidence(results, names, matrix)
    columns, on = columns_of(evidence, gateways, "--gateway"), pythons_of(evidence, pythons)
    pins = answer_pins(
        evidence,
        columns=columns,
        pythons=on,
        wanted=deciding.wanted(**checks),
        libraries=_packages(evidence, libraries, columns),
    )
    if as_json:
        text = json.dumps(pins_document(pins, gateways=columns, pythons=on), indent=2) + "\n"
    else:
        text = draw_pins(pins, gateways=columns, pythons=on, now=datetime.now(UTC), evidence=evidence)
    _write(text, output)
    return deciding.EXIT_CODES[worst_of(pin.standing for pin in pins)]


def _for_programs(
    runs: Sequence[Results], globs: Sequence[str], words: Sequence[str], output: Path | None, *, as_json: bool
) -> ExitCode:
    pins, columns = list[LibraryPin](), list[str]()
    for name in programs_named(runs, globs):
        gateways = gateways_named(runs, name, words, "--gateway")
        pins += library_pins(runs, name, gateways)
        columns += gateways
    if as_json:
        text = json.dumps(library_pins_document(pins), indent=2) + "\n"
    else:
        text = draw_library_pins(pins, gateways=list(dict.fromkeys(columns)), now=datetime.now(UTC))
    _write(text, output)
    return deciding.EXIT_CODES[worst_of(pin.standing for pin in pins)]


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        write_bytes(output, text.encode())


def _packages(evidence: Evidence, globs: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Return the normalised names of the packages that match; without globs, those that met one of the gateways."""
    met = {evidence.rows[each.cell.row] for each in evidence.cells.values() if each.cell.gateway in columns}
    if not globs:
        return tuple({row.name for row in met})
    known = {row.distribution: row.name for row in evidence.rows.values()}
    for glob in globs:
        if not any(fnmatchcase(name, glob) for pair in known.items() for name in pair):
            raise SelectionError(
                f"--library {glob!r} matches no package of the results{did_you_mean(glob, known)}",
                hint=f"There are: {', '.join(known)}.",
            )
    return tuple(
        name for pair in known.items() for name in pair[1:] if any(fnmatchcase(n, g) for g in globs for n in pair)
    )
