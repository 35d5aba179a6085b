"""Runs that died: a plan and a journal, and no results."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.results.assemble import RunFacts, plan_file
from harness.results.journal import begun
from harness.results.results_files import write_plan
from harness.results.run_folder import create_run_folder
from tests.conftest import STARTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.plan.plan_model import Plan
    from harness.shared.evidence import CellOutcome
    from tests.conftest import Maker


@contextmanager
def dying(make: Maker, plan: Plan, run: str, *finished: CellOutcome, started: datetime = STARTED) -> Iterator[Path]:
    """A run in ``results/`` that goes on, and has finished so much of its plan; it is dead when this is over."""
    folder = create_run_folder(Path("results"), run)
    facts = RunFacts(id=run, started=started, command=("ib-compat", "run"), ib_compat="0.1.0")
    write_plan(folder, plan_file(plan, facts))
    asked = {outcome.cell for outcome in finished}
    with begun(folder, plan, facts) as journal:
        for name in {cell.gateway.name for cell in plan.cells if cell.id in asked}:
            journal.gateway(make.gateway(name))
        for outcome in finished:
            journal.cell(outcome)
        yield folder
