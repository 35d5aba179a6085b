"""One cell in two runs: whether it changed, how, and whether that is for the worse."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.results.results_model import CellInfo


class Kind(StrEnum):
    """What became of a cell."""

    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"
    UNCHANGED = "unchanged"

    @property
    def letter(self) -> str:
        """``A``, ``D``, ``C`` or ``U``: added, deleted, changed, unchanged."""
        return _LETTERS[self]


_LETTERS = {Kind.ADDED: "A", Kind.GONE: "D", Kind.CHANGED: "C", Kind.UNCHANGED: "U"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a cell.

    ``before`` is ``None`` where it was added, ``after`` where it is gone. ``what`` has a phrase for each difference, as
    ``negotiated 178 → 176``; of a cell that is gone it says why, where the later plan does. ``notes`` are remarks that
    make no change, such as a connect that takes much longer.
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
        """Whether the cell is there now and is not what it should be."""
        return self.after is not None and not is_well(self.after) and is_asked(self.after)


def is_asked(cell: CellInfo) -> bool:
    """Whether the cell says anything: one that was skipped, that the run did not come to or that failed us does not."""
    return cell.status not in {Status.SKIPPED, Status.NOT_RUN, Status.ERROR}


def is_well(cell: CellInfo) -> bool:
    """Whether the cell was asked and is what it should be, or better: no check is red that nobody expected."""
    return is_asked(cell) and cell.expected.verdict is not Verdict.UNEXPECTED_FAIL


def is_worse(before: CellInfo, after: CellInfo) -> bool:
    """Whether a cell that was as it should be is no longer."""
    return is_well(before) and is_asked(after) and not is_well(after)


def is_better(before: CellInfo, after: CellInfo) -> bool:
    """Whether a cell that was not as it should be is now, or a red one that somebody expected passes."""
    if not is_asked(before) or not is_well(after):
        return False
    return not is_well(before) or (before.status is not Status.PASS and after.status is Status.PASS)
