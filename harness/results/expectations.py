"""Makes the results' records of expectations: for a check, a cell and the matrix file, and which rules were used."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict, is_version
from harness.results.results_model import CheckExpected, Expected, RuleInfo
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from harness.plan.matrix.expect import Comparison, ExpectRule
    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.judge import Judgement

    Judged = Sequence[tuple[PlannedCell, Judgement]]

_NO_RUN: Mapping[int, bool | None] = MappingProxyType({})


def cell_expected(judgement: Judgement) -> Expected:
    """Return how a cell as a whole compares with what was expected."""
    return Expected(verdict=judgement.verdict, rules=list(judgement.rules))


def check_expected(compared: Comparison) -> CheckExpected | None:
    """Return how a check compares; ``None`` if it is as it should be and no rule applies to it."""
    expectation = compared.expectation
    if expectation is None and compared.verdict is Verdict.AS_EXPECTED:
        return None
    return CheckExpected(
        verdict=compared.verdict,
        status=list(expectation.statuses) if expectation else [Status.PASS],
        rule=expectation.rule if expectation else None,
    )


def rule_infos(
    rules: Iterable[ExpectRule], *, today: date, used: Mapping[int, bool | None] = _NO_RUN
) -> list[RuleInfo]:
    """Return every rule, whether it is overdue today, and whether it was used (``None`` without a run)."""
    expectations = (rule.expectation for rule in rules)
    return [
        RuleInfo(
            rule=each.rule,
            check=list(each.checks),
            status=list(each.statuses),
            reason=each.reason,
            link=each.link,
            since=each.since,
            review=each.review,
            overdue=each.overdue(today),
            used=used.get(each.rule),
        )
        for each in expectations
    ]


def uses(plan: Plan, judged: Judged) -> dict[int, bool | None]:
    """Return rule number to whether the rule applied to any check of the run; ``None`` if this run cannot know.

    A rule that is never used is wrong, or no longer needed. A run cannot know if a selection narrowed it, or if
    something that the rule applies to was not asked. It cannot know either if only the Python, or a version such as
    ``latest``, keeps the rule from a cell, because both depend on who runs it, and when.
    """
    counted = {number for _, judgement in judged for number in judgement.rules}
    return {
        rule.expectation.rule: rule.expectation.rule in counted or _unused_or_unknown(rule, plan, judged)
        for rule in plan.rules
    }


def unused(used: Mapping[int, bool | None]) -> list[int]:
    """Return the numbers of the rules that no check used."""
    return [rule for rule, use in used.items() if use is False]


def only_certain(used: Mapping[int, bool | None]) -> dict[int, bool | None]:
    """Return what a part of a run can know: that a rule was used. Another part may use the other rules."""
    return {rule: use or None for rule, use in used.items()}


def _unused_or_unknown(rule: ExpectRule, plan: Plan, judged: Judged) -> bool | None:
    unknown = plan.narrowed or any(
        _could_speak(rule, cell) and not _had_its_say(rule, cell, judgement) for cell, judgement in judged
    )
    return None if unknown else False


def _could_speak(rule: ExpectRule, cell: PlannedCell) -> bool:
    versions = rule.where.versions if is_version(cell.row.version) else ""
    anywhere = replace(rule.where, versions=versions, python="")
    row = cell.row
    return anywhere.matches(library=row.name, version=row.version, python=row.python, gateway=cell.gateway.name)


def _had_its_say(rule: ExpectRule, cell: PlannedCell, judgement: Judgement) -> bool:
    """Whether the cell was asked every check that the rule applies to."""
    speaks = rule.expectation in judgement.expectations
    recorded = {check.name for check in judgement.checks}
    wanted = {*cell.checks, *cell.left_out}.intersection(rule.expectation.checks)
    return speaks and bool(recorded) and wanted <= recorded
