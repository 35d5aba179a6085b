"""Red squares, those of a row together where the same is to be said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Status
from harness.views.terminal.cell_words import words_of
from harness.views.terminal.style import is_red

if TYPE_CHECKING:
    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Words


@dataclass(frozen=True, slots=True)
class Red:
    """The cells of one row of which the same is to be said."""

    words: Words
    cells: tuple[tuple[str, CellInfo], ...]

    @property
    def first(self) -> CellInfo:
        """One of them, for what they share."""
        return self.cells[0][1]


def reds(results: Results) -> list[Red]:
    """Every red cell and every one that is not as expected, the unexpected first.

    What an interruption left unasked needs no words of its own.
    """
    rules = {rule.rule: rule for rule in results.expectations}
    groups: dict[Words, list[tuple[str, CellInfo]]] = {}
    for cell_id, cell in results.cells.items():
        if (results.run.interrupted or results.run.unfinished) and cell.status is Status.NOT_RUN:
            continue
        if is_red(cell.status) or cell.expected.verdict is not Verdict.AS_EXPECTED:
            groups.setdefault(words_of(cell, rules), []).append((cell_id, cell))
    found = [Red(words, tuple(cells)) for words, cells in groups.items()]
    return sorted(found, key=lambda red: red.first.expected.verdict is Verdict.AS_EXPECTED)
