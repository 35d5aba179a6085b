"""From the command line's options to the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cli.options import selected
from harness.errors import UsageError
from harness.matrix.default import default_matrix
from harness.matrix.environments import find_environments, missing_interpreters
from harness.matrix.load import load_matrix
from harness.plan.build import build_plan

if TYPE_CHECKING:
    from pathlib import Path

    from harness.matrix.environments import RowEnvironment
    from harness.plan.model import Plan


def make_plan(environments: Path, *, must_be_built: bool, matrix: Path | None, **options: Any) -> Plan:
    """The plan that the options ask for.

    Args:
        environments: where the rows' environments are; rows without an interpreter are skipped.
        must_be_built: raise UsageError where not one row has an environment.
        matrix: the matrix file, or ``None`` for the default one.
        options: the selection, and what ``build_plan`` takes.
    """
    found = find_environments(environments)
    selection = selected(options)
    plan = build_plan(
        load_matrix(matrix or default_matrix()), selection, skipped_rows=missing_interpreters(found), **options
    )
    if must_be_built:
        _refuse_nothing_built(plan, found, environments)
    return plan


def _refuse_nothing_built(plan: Plan, found: dict[str, RowEnvironment], environments: Path) -> None:
    if not any(row.id in found for row in plan.rows):
        message = f"{environments}: holds no environment of any row of the plan"
        raise UsageError(message, hint="`nox -s matrix` builds them, then runs the matrix; or name --environments DIR.")
