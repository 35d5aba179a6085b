"""Names the processes of a run that nothing could end, once it is over: only a person can see to them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import psutil

if TYPE_CHECKING:
    from harness.results.results_model import Results


def tell_left(results: Results) -> None:
    """Say on standard error which processes of a run are still there, whose they are, and how to look at them."""
    for name, cell in results.cells.items():
        if cell.left is not None and _is_there(cell.left):
            click.echo(
                f"ib-compat: process {cell.left} of {name} could not be ended and may keep client id {cell.client_id} "
                f"at the gateway; `{_look(cell.left)}` shows it",
                err=True,
            )


def _is_there(pid: int) -> bool:
    """Tell whether a process runs; one that has ended, and that nobody has asked after, does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it is there, and may not be looked at
        return True


def _look(pid: int) -> str:
    return f'tasklist /FI "PID eq {pid}"' if sys.platform == "win32" else f"ps -p {pid}"
