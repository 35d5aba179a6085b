"""Compares two runs cell by cell: whether a cell changed, how, and whether that is for the worse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.compare.cell_differences import differences, other_builds, remarks
from harness.results.compare.kinds import Kind
from harness.results.compare.program_changes import ProgramChange, program_changes
from harness.results.run_standing import standing
from harness.shared.amounts import counted
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.results_model import CellInfo, Results, RunInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change of a cell.

    ``before`` is ``None`` if it was added, ``after`` if it was removed. ``what`` has a phrase for each difference, as
    ``negotiated 178 → 176``; for a removed cell it says why, if the later plan does. ``notes`` are remarks that make no
    change, such as a connect that takes much longer.
    """

    cell: str
    kind: Kind
    before: CellInfo | None
    after: CellInfo | None
    regression: bool = False
    improvement: bool = False
    what: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def red(self) -> bool:
        """Whether the cell exists now and is not as it should be."""
        return self.after is not None and not is_well(self.after) and is_asked(self.after)


def is_asked(cell: CellInfo) -> bool:
    """Whether the cell says anything; one that was skipped, not reached, or failed because of us does not."""
    return cell.status not in {Status.SKIPPED, Status.NOT_RUN, Status.ERROR}


def is_well(cell: CellInfo) -> bool:
    """Whether the cell was asked and is as it should be, or better: no check is unexpectedly red."""
    return is_asked(cell) and cell.expected.verdict is not Verdict.UNEXPECTED_FAIL


def is_worse(before: CellInfo, after: CellInfo) -> bool:
    """Whether a cell that was as it should be no longer is."""
    return is_well(before) and is_asked(after) and not is_well(after)


def is_better(before: CellInfo, after: CellInfo) -> bool:
    """Whether a cell is now as it should be and was not, or passes and was red as expected."""
    if not is_asked(before) or not is_well(after):
        return False
    return not is_well(before) or (before.status is not Status.PASS and after.status is Status.PASS)


_ORDER = (Kind.CHANGED, Kind.ADDED, Kind.GONE, Kind.UNCHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All cells of either run: regressions first, then changed, added, removed and unchanged ones; likewise programs.

    ``unlike`` has a phrase for each reason why the runs did not ask the same question: another matrix file, another
    machine, another version of ib-compat, another build of a gateway, a run that was interrupted or is a selection.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    unlike: tuple[str, ...] = ()
    programs: tuple[ProgramChange, ...] = ()

    @property
    def worse(self) -> bool:
        """Whether a cell, or a program's, was as it should be and no longer is."""
        return bool(self.regressions) or any(change.regression for change in self.programs)

    @property
    def regressions(self) -> tuple[Change, ...]:
        """Cells that were as they should be and no longer are."""
        return tuple(change for change in self.changes if change.regression)

    @property
    def improvements(self) -> tuple[Change, ...]:
        """Cells that were not as they should be and are now."""
        return tuple(change for change in self.changes if change.improvement)

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of a kind."""
        return tuple(change for change in self.changes if change.kind is kind)


def compare(before: Results, after: Results, *, gone_is_worse: bool = False) -> Comparison:
    """Compare each cell of a run with the same cell of an earlier run.

    A regression is a cell that was as it should be, by a pass or by its expectation, and is no longer. A red cell that
    was added is no regression, and neither is a slower one.

    Args:
        before: the earlier run.
        after: the later run.
        gone_is_worse: whether a cell that was as it should be also regresses if it is missing now, or was not asked
            (skipped, an error, or not reached).
    """
    why_gone = {absent.cell: absent.reason for absent in after.plan.absent}
    changes = [
        _change(cell, before.cells.get(cell), after.cells.get(cell), why_gone.get(cell))
        for cell in {**after.cells, **before.cells}
    ]
    if gone_is_worse:
        changes = [replace(change, regression=True) if _lost(change) else change for change in changes]
    changes.sort(key=lambda change: (not change.regression, _ORDER.index(change.kind), not change.red))
    return Comparison(
        before=before.run.id,
        after=after.run.id,
        changes=tuple(changes),
        unlike=tuple(_unlike(before, after)),
        programs=program_changes(before, after, gone_is_worse=gone_is_worse),
    )


def _change(cell: str, before: CellInfo | None, after: CellInfo | None, why_gone: str | None) -> Change:
    if before is None:
        return Change(cell=cell, kind=Kind.ADDED, before=None, after=after)
    if after is None:
        return Change(cell=cell, kind=Kind.GONE, before=before, after=None, what=(why_gone,) if why_gone else ())
    what = differences(before, after)
    return Change(
        cell=cell,
        kind=Kind.CHANGED if what else Kind.UNCHANGED,
        before=before,
        after=after,
        regression=is_worse(before, after),
        improvement=is_better(before, after),
        what=what,
        notes=remarks(before, after),
    )


def _lost(change: Change) -> bool:
    """Whether a cell that was as it should be says nothing any more."""
    if change.before is None or not is_well(change.before):
        return False
    return not change.red and (change.after is None or not is_well(change.after))


def _unlike(before: Results, after: Results) -> Iterator[str]:
    was, now = before.run, after.run
    pairs = {
        "matrix file": (was.matrix, now.matrix),
        "ib-compat": (was.ib_compat, now.ib_compat),
        "system": (was.host.os, now.host.os),
        "processors": (was.host.cpu_count, now.host.cpu_count),
    }
    yield from (f"{name} {first} → {second}" for name, (first, second) in pairs.items() if first != second)
    yield from other_builds(before, after, *after.gateways)
    if was.matrix == now.matrix and was.matrix_sha256 != now.matrix_sha256 and was.matrix_sha256 and now.matrix_sha256:
        yield f"{now.matrix} was changed between them"
    for run in (was, now):
        yield from _lacks(run)


def _lacks(run: RunInfo) -> Iterator[str]:
    """Yield why a run does not answer its whole matrix file."""
    unasked = run.counts.get(Status.NOT_RUN, 0)
    if run.interrupted or run.unfinished or unasked:
        words = standing(run)
        how = "is not complete" if words is None else f"was {words}"
        left = f": {unasked} {'cell was' if unasked == 1 else 'cells were'} not asked" if run.counts else ""
        yield f"{run.id} {how}{left}"
    failed = run.counts.get(Status.ERROR, 0)
    if failed:
        yield f"{run.id} says nothing about {counted(failed, 'cell')} that ended as error"
    if run.whole is False:
        yield f"{run.id} is a selection of {run.matrix}"
