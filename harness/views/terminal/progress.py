"""Prints one line for each finished cell, on any stream."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TextIO

from harness.shared.amounts import counted
from harness.views.terminal.style import Style, is_red, printable

if TYPE_CHECKING:
    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.judge import Judgement
    from harness.shared.evidence import CellOutcome


class LineProgress:
    """Writes ``[ 12/156] ✓ ib_async==2.1.0/py3.11/gateway-10.45-paper 178 0.12 s`` as cells finish."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        self._stream = stream
        self._style = style
        self._tally = Tally()
        self._busy: dict[str, str] = {}

    def plan_ready(self, plan: Plan) -> None:
        """Say how much there is to do."""
        self._tally.begin(plan)
        self._write(opening(plan))

    def cell_started(self, cell: PlannedCell) -> None:
        """Write nothing; a line follows when the cell has finished."""

    def cell_finished(self, cell: PlannedCell, outcome: CellOutcome, judgement: Judgement) -> None:
        """Write the cell's line."""
        self._write(finished_line(self._tally, cell, outcome, judgement, self._style))

    def progress(self, what: str, words: str, done: float | None) -> None:
        """Write once that something takes long, not each step of it."""
        del done
        if words and self._busy.get(what) != words:
            self._write(printable(f"{what}: {words}"))
        self._busy[what] = words

    def note(self, text: str) -> None:
        """Write it on a line of its own."""
        self._write(printable(text))

    def _write(self, line: str) -> None:
        print(self._style.plain(line), file=self._stream, flush=True)


class Tally:
    """How many cells of how many are done, by status."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0
        self.statuses: Counter[str] = Counter()

    def begin(self, plan: Plan) -> None:
        """Count what will be asked."""
        self.total = len(plan.asked)

    def add(self, judgement: Judgement) -> None:
        """Count a finished cell."""
        self.done += 1
        self.statuses[judgement.status] += 1


def opening(plan: Plan) -> str:
    """What the run is about to do, in a sentence."""
    skipped = len(plan.cells) - len(plan.asked)
    asked, rows, gateways = len(plan.asked), len(plan.rows), len(plan.gateways)
    words = f"{counted(asked, 'cell')}: {counted(rows, 'row')} against {counted(gateways, 'gateway')}"
    if skipped:
        words += f"; {skipped} more skipped"
    if plan.absent:
        words += f"; {len(plan.absent)} absent"
    if plan.programs:
        words += f"; {counted(len(plan.programs), 'program')} after them"
    return f"{words}."


def finished_line(tally: Tally, cell: PlannedCell, outcome: CellOutcome, judgement: Judgement, style: Style) -> str:
    """Count the cell and return its line. The line of a red cell names the check."""
    tally.add(judgement)
    width = len(str(tally.total))
    mark = style.paint(style.mark(judgement.status, judgement.verdict), judgement.status)
    number = f"[{tally.done:{width}}/{tally.total}]"
    return f"{number} {mark} {cell.id} {_ending(judgement, outcome)} {outcome.seconds:.2f} s"


def _ending(judgement: Judgement, outcome: CellOutcome) -> str:
    if is_red(judgement.status):
        stage = f" at {judgement.stage}" if judgement.stage else ""
        return f"{judgement.status}{stage}"
    return str(outcome.negotiated) if outcome.negotiated is not None else str(judgement.status)
