"""Rules of ``[[expect]]`` in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.results.results_model import RuleInfo


def claim(statuses: Sequence[str], checks: Sequence[str]) -> str:
    """What a rule says should be: ``degraded or pass at executions``; without checks any will do."""
    at = f" at {' and '.join(checks)}" if checks else ""
    return f"{' or '.join(statuses)}{at}"


def rule_lines(rules: Iterable[RuleInfo]) -> Iterator[str]:
    """A line for each expectation whose review date has passed, and for each that no check of the run needed."""
    for rule in rules:
        if rule.overdue:
            yield f"[[expect]] {rule.rule} was to be reviewed by {rule.review}: {rule.reason}"
        if rule.used is False:
            said = claim(rule.status, rule.check)
            yield f"[[expect]] {rule.rule} ({said}) spoke of no check of this run: {rule.reason}"
