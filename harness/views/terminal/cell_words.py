"""Describes cells in words: what did not pass, how that compares with what was expected, and whose fault it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict, fell_short
from harness.results.results_model import CellInfo, CheckInfo, RuleInfo
from harness.shared.status import Status
from harness.views.terminal.style import is_red, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.diagnose.verdict import Diagnosis
    from harness.results.results_model import Results

Rules = Mapping[int, RuleInfo]
"""The expectations of a run's matrix file, by number."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words about a cell.

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
    """Put a cell into words: every check that did not pass, and how it compares with what was expected."""
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
    """Return how a check compares with its rule, as words after its status; empty if it has no rule."""
    expected = check.expected
    if expected is None or expected.rule is None:
        return ""
    rule = rules[expected.rule]
    if expected.verdict is Verdict.AS_EXPECTED:
        return f", as expected by [[expect]] {rule.rule}: {rule.reason}"
    return _contradicted(rule)


def _comparison_of_whole(cell: CellInfo, rules: Rules) -> str:
    """Return the words for a cell that passes although a rule expects some check not to; empty otherwise."""
    return "".join(_contradicted(rule) for rule in _met_by_no_check(cell, rules))


def _met_by_no_check(cell: CellInfo, rules: Rules) -> Iterator[RuleInfo]:
    met = {check.expected.rule for check in cell.checks if check.expected}
    yield from (rules[number] for number in cell.expected.rules if number not in met)


def _contradicted(rule: RuleInfo) -> str:
    return f", though [[expect]] {rule.rule} says {claim(rule.status, rule.check)}"


def _why_red(cell: CellInfo, rules: Rules) -> str:
    """Return why a cell is red; for an unexpected pass, the reason of the rule that expected otherwise."""
    if cell.status is not Status.PASS:
        return "no reason was recorded"
    return "; ".join(rules[number].reason for number in cell.expected.rules)


def _also(check: CheckInfo, rules: Rules) -> str:
    as_expected = check.expected is not None and check.expected.verdict is Verdict.AS_EXPECTED
    reason = "" if as_expected or not check.reason else f": {check.reason}"
    fault = "" if as_expected or not check.diagnosis else f" ({in_short(check.diagnosis)})"
    return f"also {check.status} at {check.name}{comparison(check, rules)}{reason}{fault}"


def in_short(diagnosis: Diagnosis) -> str:
    """``the library is not the cause, at fault: gateway, certain [same-as-control]``."""
    fault = f"at fault: {diagnosis.fault}" if diagnosis.fault else "nobody is at fault"
    return f"{diagnosis.title}, {fault}, {diagnosis.sure} [{diagnosis.code}]"


def in_full(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield a paragraph each: the verdict, its meaning, the evidence, the experiment, what to do."""
    yield in_short(diagnosis)
    yield diagnosis.says
    yield from (f"because {sentence}" for sentence in diagnosis.because)
    if diagnosis.decides:
        yield f"what would decide: {diagnosis.decides}"
    yield from (f"{number}. {step}" for number, step in enumerate(diagnosis.next, start=1))


def gateway_lines(results: Results) -> Iterator[str]:
    """Yield which gateways are not well, why, and what to do first."""
    for name, gateway in results.gateways.items():
        if gateway.diagnosis is not None and gateway.diagnosis.fault is not None:
            first = f" First: {gateway.diagnosis.next[0]}" if gateway.diagnosis.next else ""
            yield f"Gateway {name}: {in_short(gateway.diagnosis)}.{first}"


def claim(statuses: Sequence[str], checks: Sequence[str]) -> str:
    """Return what a rule expects, as ``degraded or pass at executions``; without checks it is about any check."""
    at = f" at {' and '.join(checks)}" if checks else ""
    return f"{' or '.join(statuses)}{at}"


def rule_lines(rules: Iterable[RuleInfo]) -> Iterator[str]:
    """A line for each expectation whose review date has passed, and for each that no check of the run needed."""
    for rule in rules:
        if rule.overdue:
            yield f"[[expect]] {rule.rule} was due for review by {rule.review}: {rule.reason}"
        if rule.used is False:
            said = claim(rule.status, rule.check)
            yield f"[[expect]] {rule.rule} ({said}) applied to no check of this run: {rule.reason}"


@dataclass(frozen=True, slots=True)
class Red:
    """The cells of one row that share their words."""

    words: Words
    cells: tuple[tuple[str, CellInfo], ...]

    @property
    def first(self) -> CellInfo:
        """One of them, for what they have in common."""
        return self.cells[0][1]


def reds(results: Results) -> list[Red]:
    """Return the cells that are red or not as expected, the unexpected first.

    Cells that were not asked because of an interruption are left out.
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
