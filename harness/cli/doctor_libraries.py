"""Implements ``ib-compat doctor --libraries``: runs the rows of a matrix against the gateways that were examined."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.cli.performing import How, perform
from harness.cli.planning import builder_in, plan_of
from harness.doctor.gateway_found import spec_at
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.load import load_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.doctor.examine import Examination
    from harness.results.results_model import Results


def ask_libraries(
    seen: Iterable[Examination],
    *,
    matrix: Path | None,
    environments: Path,
    results: Path,
    allow_live: bool,
) -> Results:
    """Run every row against every gateway that was looked at.

    Args:
        seen: the gateways that were examined.
        matrix: the matrix file that lists the rows [default: the default one]
        environments: the folder of the rows' environments.
        results: the folder for the run's results.
        allow_live: whether to ask gateways with real money behind them, too.
    """
    whole = load_matrix(matrix or default_matrix())
    specs = (each.subject.spec or spec_at(each.subject, each.case.found.plain) for each in seen)
    gateways = {spec.name: spec for spec in specs}
    asked = replace(whole, gateways=tuple(gateways.values()), excludes=(), includes=(), whole=False)
    plan = plan_of(asked, None, allow_live=allow_live)
    return perform(plan, environments, results, How(board=False, build=builder_in(environments).build))[0]
