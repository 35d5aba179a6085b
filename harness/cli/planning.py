"""Makes the plan from the command line's options."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.cli.options import selected
from harness.diagnose.install_failures import not_reached
from harness.doctor.gateway_found import gateways_at, is_address
from harness.plan.build_plan import build_plan
from harness.plan.environment_builder import Builder
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.environments import find_environments, missing_interpreters
from harness.plan.matrix.load import load_matrix
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan.matrix.environments import RowEnvironment
    from harness.plan.matrix.load import Matrix
    from harness.plan.plan_model import Plan
    from harness.plan.selection import Selection


def builder_in(environments: Path, *, index: str | None = None) -> Builder:
    """Return a builder of environments in a folder; if the index cannot be reached, it uses the installer's cache."""
    return Builder(folder=environments, not_reached=not_reached, index=index)


def make_plan(environments: Path | None, *, must_be_built: bool = False, matrix: Path | None, **options: Any) -> Plan:
    """Return the plan from the command line's options.

    Args:
        environments: the folder of the rows' environments, from which rows without an interpreter are known and
            skipped; ``None`` if the environments will be built later.
        must_be_built: whether to raise UsageError if no row has an environment.
        matrix: the matrix file [default: the default one]
        options: the selection, and the arguments of ``build_plan``.
    """
    selection = selected(options)
    asked, selection = _at_addresses(load_matrix(matrix or default_matrix()), selection)
    return plan_of(asked, environments, must_be_built=must_be_built, selection=selection, **options)


def _at_addresses(matrix: Matrix, selection: Selection) -> tuple[Matrix, Selection]:
    """Replace the gateways of the matrix file by those that are named by their addresses, if there are any.

    Programs are left out: the file says with which gateways they are tried.
    """
    addresses = tuple(filter(is_address, selection.gateways))
    if not addresses:
        return matrix, selection
    if len(addresses) < len(selection.gateways):
        raise UsageError("--gateway has both columns and addresses", hint="Run them one after another.")
    if selection.programs:
        raise UsageError(
            "--program goes with gateways of the matrix file",
            hint=f"Name {addresses[0]} there with kind = 'address', or use `ib-compat try --today {addresses[0]}`.",
        )
    others = replace(matrix, gateways=gateways_at(addresses), programs=(), whole=False)
    return others, replace(selection, gateways=())


def plan_of(matrix: Matrix, environments: Path | None, *, must_be_built: bool = False, **options: Any) -> Plan:
    """Return the plan of a matrix that was read already; see ``make_plan`` for the other arguments."""
    found = {} if environments is None else find_environments(environments, matrix.rows)
    plan = build_plan(matrix, skipped_rows=missing_interpreters(found), **options)
    if environments is not None and must_be_built and plan.rows:
        _refuse_nothing_built(plan, found, environments)
    return plan


def _refuse_nothing_built(plan: Plan, found: dict[str, RowEnvironment], environments: Path) -> None:
    if not any(row.id in found for row in plan.rows):
        message = f"{environments}: holds no environment of any row of the plan"
        raise UsageError(message, hint="Leave out --no-build, or name --environments DIR.")
