"""Summarises a program's cell over many runs: in how many it did the same, and when that last changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.compare.program_changes import cells_of, program_differences
from harness.results.run_standing import standing
from harness.shared.status import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from harness.results.program_results import ProgramCell
    from harness.results.results_model import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramPoint:
    """A program's cell in one run.

    ``what`` has a phrase for each difference from the previous run that tried it. ``left`` says how far the run came,
    if it did not finish.
    """

    run: str
    started: datetime
    cell: ProgramCell
    what: tuple[str, ...] = ()
    left: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramHistory:
    """The history of a program's cell; ``points`` are the runs that planned it, the oldest first."""

    cell: str
    points: tuple[ProgramPoint, ...]

    @property
    def tried(self) -> tuple[ProgramPoint, ...]:
        """The runs that tried it."""
        return tuple(point for point in self.points if point.cell.finding is not None)

    @property
    def same(self) -> int:
        """In how many runs it did the same as with what it had then."""
        return sum(point.cell.finding is Finding.SAME for point in self.points)

    @property
    def as_expected(self) -> int:
        """In how many of the runs that tried it it was as expected, and answered."""
        return sum(point.cell.answers and point.cell.expected is Verdict.AS_EXPECTED for point in self.tried)

    @property
    def last_change(self) -> ProgramPoint | None:
        """The newest run that differs from the one before."""
        return next((point for point in reversed(self.points) if point.what), None)


def program_history(cell: str, runs: Sequence[Results]) -> ProgramHistory:
    """The history of a program's cell over runs, the oldest first."""
    return ProgramHistory(cell=cell, points=tuple(_points(cell, runs)))


def _points(cell: str, runs: Sequence[Results]) -> Iterator[ProgramPoint]:
    last: ProgramCell | None = None
    for run in runs:
        now = cells_of(run).get(cell)
        if now is None:
            continue
        tried = now.finding is not None
        what = program_differences(last, now) if last is not None and tried else ()
        yield ProgramPoint(run=run.run.id, started=run.run.started, cell=now, what=what, left=standing(run.run))
        last = now if tried else last
