"""A cell as test reports know outcomes: passed, failed, error, skipped."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Fault, Status
from harness.views.terminal.cell_words import in_full, words_of
from harness.views.terminal.style import printable

if TYPE_CHECKING:
    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Rules

_OURS = frozenset({Status.ERROR, Status.NOT_RUN})


class Outcome(StrEnum):
    """What a test report says of a cell.

    ``FAILED`` is incompatible, or a pass that the matrix file says should not be; ``ERROR`` is ours: it was not asked
    as it should have been; ``SKIPPED`` was not asked, cannot be, or is red as expected.
    """

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


def outcome_of(cell: CellInfo) -> Outcome:
    """What a test report is to say of the cell."""
    if cell.status in _OURS:
        return Outcome.ERROR
    if cell.expected.verdict is Verdict.AS_EXPECTED:
        return Outcome.PASSED if cell.status is Status.PASS else Outcome.SKIPPED
    return Outcome.ERROR if cell.fault is Fault.HARNESS else Outcome.FAILED


def rules_of(results: Results) -> Rules:
    """The expectations of the run's matrix file, by number."""
    return {rule.rule: rule for rule in results.expectations}


def headline(cell: CellInfo, rules: Rules) -> str:
    """One line: ``fail at version, though [[expect]] 1 says …: the gateway said nothing``."""
    words = words_of(cell, rules)
    return printable(" ".join(f"{words.standing}: {cell.reason or words.reason}".split()))


def text(name: str, cell: CellInfo, rules: Rules) -> str:
    """All that is to be said of a cell that did not pass, a line each: why, verdict, what to do, evidence, rerun."""
    words = words_of(cell, rules)
    lines = [words.headline, words.reason, *words.also]
    if cell.diagnosis is not None:
        lines += in_full(cell.diagnosis)
    lines += [f"evidence: {file}" for file in cell.artifacts] or ["evidence: none was left"]
    return printable("\n".join([*lines, f"cell: {name}", f"rerun: {cell.rerun}"]))
