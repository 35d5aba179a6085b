"""Red squares in words: reason, evidence, and the command that reruns each alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.matrix.expect import Verdict
from harness.report.style import is_red, printable
from harness.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.model import CellInfo, Results


@dataclass(frozen=True, slots=True)
class Red:
    """The cells of one row that ended alike: same status, stage and reason."""

    row: str
    cells: tuple[tuple[str, CellInfo], ...]

    @property
    def first(self) -> CellInfo:
        """One of them, for what they share."""
        return self.cells[0][1]

    @property
    def headline(self) -> str:
        """``ib_async==2.1.0/py3.11: fail at version, as expected by [[expect]] 1``."""
        cell = self.first
        stage = f" at {cell.stage}" if cell.stage else ""
        return printable(f"{self.row}: {cell.status}{stage}{_compared(cell)}")

    @property
    def reason(self) -> str:
        """Why, in one paragraph."""
        cell = self.first
        fault = f" (at fault: {cell.fault})" if cell.fault else ""
        return printable(f"{cell.reason or 'no reason was recorded'}{fault}")


def reds(results: Results) -> list[Red]:
    """Every red cell and every unexpected pass, the unexpected first.

    What an interruption left unasked needs no words of its own.
    """
    groups: dict[tuple[object, ...], list[tuple[str, CellInfo]]] = {}
    for cell_id, cell in results.cells.items():
        if results.run.interrupted and cell.status is Status.NOT_RUN:
            continue
        if is_red(cell.status) or cell.expected.verdict is not Verdict.AS_EXPECTED:
            alike = (cell.row, cell.status, cell.stage, cell.reason, cell.expected.verdict)
            groups.setdefault(alike, []).append((cell_id, cell))
    found = [Red(cells[0][1].row, tuple(cells)) for cells in groups.values()]
    return sorted(found, key=lambda red: red.first.expected.verdict is Verdict.AS_EXPECTED)


def overdue(results: Results) -> Iterator[str]:
    """A line for each expectation whose review date has passed."""
    rules = {cell.expected.rule: cell.expected for cell in results.cells.values() if cell.expected.overdue}
    for rule, expected in sorted(rules.items(), key=lambda item: item[0] or 0):
        yield f"[[expect]] {rule} was to be reviewed by {expected.review}: {expected.reason}"


def _compared(cell: CellInfo) -> str:
    expected = cell.expected
    match expected.verdict:
        case Verdict.AS_EXPECTED:
            return f", as expected by [[expect]] {expected.rule}: {expected.reason}"
        case Verdict.UNEXPECTED_PASS:
            return f", though [[expect]] {expected.rule} says {' or '.join(expected.status)}"
        case Verdict.UNEXPECTED_FAIL if expected.rule is not None:
            stage = f" at {expected.stage}" if expected.stage else ""
            return f", though [[expect]] {expected.rule} says {' or '.join(expected.status)}{stage}"
        case _:
            return ""
