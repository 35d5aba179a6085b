"""Measures how long ``ib-compat uses`` reads the code of a large program: our own, again and again."""

from __future__ import annotations

import statistics
import sys
import tempfile
from itertools import cycle
from pathlib import Path

from benchmarks.processes import ROOT, run

LINES = 100_000
_BOT = "from ib_async import *\nib = IB()\nib.reqPositions()\n"


def seconds(repeat: int) -> tuple[float, int]:
    """Return the median of the seconds that the command takes, and how many lines it reads."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = _write(folder)
        words = [sys.executable, "-m", "harness", "uses", str(folder), "--results", str(folder / "results")]
        return statistics.median(run(words).wall for _ in range(repeat)), lines


def _write(folder: Path) -> int:
    (folder / "bot.py").write_text(_BOT, encoding="utf-8")
    modules = cycle([file.read_text("utf-8") for file in sorted((ROOT / "harness").rglob("*.py"))])
    lines, number = 0, 0
    while lines < LINES:
        number, text = number + 1, next(modules)
        (folder / f"module_{number}.py").write_text(text, encoding="utf-8")
        lines += text.count("\n")
    return lines
