"""Says how wide the terminal is that a command writes to, and of which run it shows cells."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from harness.results.run_folder import find_run

if TYPE_CHECKING:
    from pathlib import Path

    from harness.views.terminal.cell_seen import Seen
    from harness.views.terminal.program_show import SeenProgram


def width() -> int:
    """Return the characters in a line: those of the terminal, the value of ``COLUMNS``, or 80."""
    return shutil.get_terminal_size().columns


def tell_which_run(results: Path, *cells: Seen | SeenProgram) -> None:
    """Write which run the cells come from, if none was named and it is not the latest complete one."""
    latest = find_run(results)
    for cell in cells:
        if cell.folder.name != latest.name:
            said = f"{cell.id}: of the run {cell.folder.name}; the latest complete one is {latest.name}"
            click.echo(said, err=True)
