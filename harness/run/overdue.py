"""Waits for a cell as long as what it is at may take."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from harness.plan.deadline import may_take
from harness.results.evidence_file import read_evidence

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan.plan_model import PlannedCell

_FIRST = "tcp"
"""What a cell is at before it says so."""


async def overdue(running: asyncio.Task[object], cell: PlannedCell, folder: Path, round_trip: float) -> float | None:
    """Wait for a cell's end; give the seconds that it had where they were not enough, ``None`` where it has ended.

    It is overdue where it is still at the check that it was at when the time of that check began, or where all of it
    took longer than its deadline.

    Args:
        running: ends with the cell.
        cell: what is asked.
        folder: where its evidence goes: it says which check has begun.
        round_trip: seconds from a message of the control to its answer.
    """
    whole = cell.deadline + round_trip * len(cell.checks)
    end = time.monotonic() + whole
    at: tuple[int, str] = (0, _FIRST)
    while True:
        had = may_take(
            at[1],
            connect_timeout=cell.connect_timeout,
            request_timeout=cell.request_timeout,
            round_trip=round_trip,
        )
        await asyncio.wait({running}, timeout=min(had, end - time.monotonic()))
        if running.done():
            return None
        if time.monotonic() >= end:
            return whole
        before, at = at, _at(folder, at)
        if at == before:
            return had


def _at(folder: Path, before: tuple[int, str]) -> tuple[int, str]:
    """Tell which check a cell is at, and how many were done by then."""
    evidence = read_evidence(folder)
    return len(evidence.checks), evidence.began or before[1]
