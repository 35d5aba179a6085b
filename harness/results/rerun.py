"""The command that runs one cell alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plan.matrix.default_file import is_default
from harness.plan.matrix.rows import running_python

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan.plan_model import PlannedCell


def rerun_command(cell: PlannedCell, matrix: Path) -> str:
    """``nox -s "compat(ROW)" -- --gateway NAME``, which POSIX shells, PowerShell and cmd.exe all take.

    A row on the Python that runs goes by its library alone in ``noxfile.py``.
    """
    row = cell.row.library if cell.row.python == running_python() else cell.row.id
    words = [f'nox -s "compat({row})" -- --gateway {cell.gateway.option}']
    if not is_default(matrix):
        words.append(f'--matrix "{matrix}"' if " " in str(matrix) else f"--matrix {matrix}")
    if cell.gateway.live:
        words.append("--allow-live")
    return " ".join(words)
