"""Expectations as the results show them: of a check, of a cell, and of the matrix file as a whole."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.results_model import CheckExpected, Expected, RuleInfo
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from harness.plan.matrix.expect import Comparison, ExpectRule
    from harness.results.judge import Judgement
    from harness.shared.mask import Masker

_NO_RUN: Mapping[int, bool | None] = MappingProxyType({})


def cell_expected(judgement: Judgement) -> Expected:
    """What a cell's checks sum up to."""
    return Expected(verdict=judgement.verdict, rules=list(judgement.rules))


def check_expected(compared: Comparison) -> CheckExpected | None:
    """How a check compares, or ``None`` where it is as it should be and no rule speaks of it."""
    expectation = compared.expectation
    if expectation is None and compared.verdict is Verdict.AS_EXPECTED:
        return None
    return CheckExpected(
        verdict=compared.verdict,
        status=list(expectation.statuses) if expectation else [Status.PASS],
        rule=expectation.rule if expectation else None,
    )


def rule_infos(
    rules: Iterable[ExpectRule], masker: Masker, *, today: date, used: Mapping[int, bool | None] = _NO_RUN
) -> list[RuleInfo]:
    """Every rule of the file, whether it is overdue on the day, and whether it was used; without a run nobody knows."""
    expectations = (rule.expectation for rule in rules)
    return [
        RuleInfo(
            rule=each.rule,
            check=list(each.checks),
            status=list(each.statuses),
            reason=masker.text(each.reason),
            link=each.link,
            since=each.since,
            review=each.review,
            overdue=each.overdue(today),
            used=used.get(each.rule),
        )
        for each in expectations
    ]
