"""A cell in words: what did not pass, and how that compares with what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.plan.matrix.expect import Verdict, fell_short
from harness.results.results_model import CellInfo, CheckInfo, RuleInfo
from harness.shared.status import Status
from harness.views.terminal.expectation_text import claim
from harness.views.terminal.style import printable
from harness.views.terminal.verdict_text import in_short

Rules = Mapping[int, RuleInfo]
"""The expectations of a run's matrix file, by number."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a cell.

    ``standing`` is ``fail at version, as expected by [[expect]] 1: …``, ``reason`` a paragraph, ``also`` a line for
    each other check that did not pass, or passed though a rule says otherwise.
    """

    row: str
    standing: str
    reason: str
    also: tuple[str, ...]

    @property
    def headline(self) -> str:
        """Row and standing."""
        return f"{self.row}: {self.standing}"


def words_of(cell: CellInfo, rules: Rules) -> Words:
    """What is to be said of a cell: every check that did not pass, and how it compares with what was expected."""
    told = [check for check in cell.checks if _noteworthy(check)]
    first = next((check for check in told if check.name == cell.stage), next(iter(told), None))
    stage = f" at {cell.stage}" if cell.stage else ""
    compared = comparison(first, rules) if first else _comparison_of_whole(cell, rules)
    fault = f" ({in_short(cell.diagnosis)})" if cell.diagnosis else f" (at fault: {cell.fault})" if cell.fault else ""
    return Words(
        row=printable(cell.row),
        standing=printable(f"{cell.status}{stage}{compared}"),
        reason=printable(f"{cell.reason or _why_red(cell, rules)}{fault}"),
        also=tuple(printable(_also(check, rules)) for check in told if check is not first),
    )


def _noteworthy(check: CheckInfo) -> bool:
    unexpected = check.expected is not None and check.expected.verdict is not Verdict.AS_EXPECTED
    return unexpected or fell_short(check.name, check.status)


def comparison(check: CheckInfo, rules: Rules) -> str:
    """How a check compares with the rule that speaks of it, to stand behind its status; nothing where none does."""
    expected = check.expected
    if expected is None or expected.rule is None:
        return ""
    rule = rules[expected.rule]
    if expected.verdict is Verdict.AS_EXPECTED:
        return f", as expected by [[expect]] {rule.rule}: {rule.reason}"
    return _contradicted(rule)


def _comparison_of_whole(cell: CellInfo, rules: Rules) -> str:
    """For a cell that passes although a rule says that some check should not."""
    return "".join(_contradicted(rule) for rule in _met_by_no_check(cell, rules))


def _met_by_no_check(cell: CellInfo, rules: Rules) -> Iterator[RuleInfo]:
    met = {check.expected.rule for check in cell.checks if check.expected}
    yield from (rules[number] for number in cell.expected.rules if number not in met)


def _contradicted(rule: RuleInfo) -> str:
    return f", though [[expect]] {rule.rule} says {claim(rule.status, rule.check)}"


def _why_red(cell: CellInfo, rules: Rules) -> str:
    """For a pass the reason why somebody expected otherwise."""
    if cell.status is not Status.PASS:
        return "no reason was recorded"
    return "; ".join(rules[number].reason for number in cell.expected.rules)


def _also(check: CheckInfo, rules: Rules) -> str:
    as_expected = check.expected is not None and check.expected.verdict is Verdict.AS_EXPECTED
    reason = "" if as_expected or not check.reason else f": {check.reason}"
    fault = "" if as_expected or not check.diagnosis else f" ({in_short(check.diagnosis)})"
    return f"also {check.status} at {check.name}{comparison(check, rules)}{reason}{fault}"
