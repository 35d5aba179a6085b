"""Which rules of ``[[expect]]`` a run had a use for; one that no run has is wrong, or no longer needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.plan.matrix.cell_patterns import is_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.plan.matrix.expect import ExpectRule
    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.judge import Judgement

    Judged = Sequence[tuple[PlannedCell, Judgement]]


def uses(plan: Plan, judged: Judged) -> dict[int, bool | None]:
    """Rule number to whether the rule counted for any check of the run; ``None`` where this run cannot tell.

    It cannot where a selection narrowed it, where something that the rule speaks of was not asked, and where only the
    Python or a version such as ``latest`` keeps the rule from a cell: both depend on who runs it, and when.
    """
    counted = {number for _, judgement in judged for number in judgement.rules}
    return {
        rule.expectation.rule: rule.expectation.rule in counted or _unused_or_unknown(rule, plan, judged)
        for rule in plan.rules
    }


def unused(used: Mapping[int, bool | None]) -> list[int]:
    """The rules that no check had a use for."""
    return [rule for rule, use in used.items() if use is False]


def only_certain(used: Mapping[int, bool | None]) -> dict[int, bool | None]:
    """What a part of a run can tell: that a rule was used; another part may use the others."""
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
    """Whether the cell was asked all that the rule speaks of."""
    speaks = rule.expectation in judgement.expectations
    recorded = {check.name for check in judgement.checks}
    wanted = {*cell.checks, *cell.left_out}.intersection(rule.expectation.checks)
    return speaks and bool(recorded) and wanted <= recorded
