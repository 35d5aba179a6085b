"""Names the files of a recording, and packs them when it has ended."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from harness.recordings.packing import pack
from harness.recordings.part_file import PART_SUFFIX
from harness.recordings.recording import SUFFIX, Manifest
from harness.shared.errors import ResultsError, UsageError
from harness.views.terminal.recording_page import manifest_lines, omitted_lines
from harness.views.terminal.style import printable, style_of

_MUCH = 20 * 2**20
"""Bytes that take seconds to pack."""


def pack_all(pairs: Sequence[tuple[Path, Path]], omitted: Mapping[str, int]) -> None:
    """Pack part files, of which the first is cleaned, and say what they are."""
    for part, target in pairs:
        if part.stat().st_size > _MUCH:
            click.echo(f"packing {target}", err=True)
        tell(target, pack(part, target))
    for line in omitted_lines(omitted):
        click.echo(printable(line))
    click.echo(f"`ib-compat record --inspect {pairs[0][1]}` shows all that it holds.", err=True)


def named(file: Path) -> Path:
    """Return the name of a recording, which ends as all do, if nothing is there."""
    return free(file if file.name.endswith(SUFFIX) else file.with_name(file.name + SUFFIX))


def free(file: Path) -> Path:
    """Return the name of a recording that is to be written.

    Raises:
        ResultsError: something is there.
    """
    if file.exists():
        raise ResultsError(f"{file}: is there already", hint="Use another name; nothing is overwritten.")
    return file


def new_parts(file: Path, raw: Path | None) -> tuple[Path, Path | None]:
    """Return the names of the part files of a recording, and of the one that is not cleaned, if there is one.

    Raises:
        UsageError: both have one name.
        ResultsError: one is there.
    """
    if raw is not None and raw.resolve() == file.resolve():
        raise UsageError(f"--keep-raw {raw}: is the recording that is cleaned", hint="Give it another name.")
    return _new_part(file), None if raw is None else _new_part(raw)


def _new_part(file: Path) -> Path:
    """Return the name of the part file of a recording.

    Raises:
        ResultsError: one is there.
    """
    part = file.with_name(file.name.removesuffix(SUFFIX) + PART_SUFFIX)
    if part.exists():
        hint = f"A recording left it: `ib-compat record --finish {part}` packs what it has. Or use another name."
        raise ResultsError(f"{part}: is there already", hint=hint)
    return part


def tell(file: Path, manifest: Manifest) -> None:
    """Say on standard output what a recording is."""
    for line in manifest_lines(file, manifest):
        click.echo(style_of(sys.stdout).plain(printable(line)))
