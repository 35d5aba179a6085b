"""Red squares in words: reason, evidence, and the command that reruns each alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.matrix.expect import Verdict, fell_short
from harness.report.rules import claim
from harness.report.style import is_red, printable
from harness.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.results.model import CellInfo, CheckInfo, Results, RuleInfo

    Rules = Mapping[int, RuleInfo]


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a cell.

    ``headline`` is ``ib_async==2.1.0/py3.11: fail at version, as expected by [[expect]] 1: …``, ``reason`` a paragraph,
    ``also`` a line for each other check that did not pass, or passed though a rule says otherwise.
    """

    headline: str
    reason: str
    also: tuple[str, ...]


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
        if results.run.interrupted and cell.status is Status.NOT_RUN:
            continue
        if is_red(cell.status) or cell.expected.verdict is not Verdict.AS_EXPECTED:
            groups.setdefault(words_of(cell, rules), []).append((cell_id, cell))
    found = [Red(words, tuple(cells)) for words, cells in groups.items()]
    return sorted(found, key=lambda red: red.first.expected.verdict is Verdict.AS_EXPECTED)


def words_of(cell: CellInfo, rules: Rules) -> Words:
    """What is to be said of a cell: every check that did not pass, and how it compares with what was expected."""
    told = [check for check in cell.checks if _noteworthy(check)]
    first = next((check for check in told if check.name == cell.stage), next(iter(told), None))
    stage = f" at {cell.stage}" if cell.stage else ""
    compared = _comparison(first, rules) if first else _comparison_of_whole(cell, rules)
    fault = f" (at fault: {cell.fault})" if cell.fault else ""
    return Words(
        headline=printable(f"{cell.row}: {cell.status}{stage}{compared}"),
        reason=printable(f"{cell.reason or _why_red(cell, rules)}{fault}"),
        also=tuple(printable(_also(check, rules)) for check in told if check is not first),
    )


def _noteworthy(check: CheckInfo) -> bool:
    unexpected = check.expected is not None and check.expected.verdict is not Verdict.AS_EXPECTED
    return unexpected or fell_short(check.name, check.status)


def _comparison(check: CheckInfo, rules: Rules) -> str:
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
    return f"also {check.status} at {check.name}{_comparison(check, rules)}{reason}"
