"""The results of a run from what it has left: also where it died, or goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.results.answers.agreement import agreed
from harness.results.assemble import assemble
from harness.results.journal import JOURNAL, is_running, read_journal
from harness.results.results_files import read_results, refuse_other_places
from harness.results.results_files import read_run as read_file
from harness.results.results_model import Unfinished
from harness.results.run_folder import RESULTS, find_run
from harness.shared.bounded_reading import is_one_file
from harness.shared.errors import InputError, JournalError

if TYPE_CHECKING:
    from harness.plan.plan_model import Plan
    from harness.results.results_model import Results
    from harness.shared.evidence import RunOutcome


def told_together(plan: Plan, outcome: RunOutcome) -> RunOutcome:
    """Return what was seen, with what the cells of a gateway tell only together."""
    cells = {cell.id: cell for cell in plan.cells}
    adapters = {cell.id: cell.row.adapter for cell in plan.cells}
    told = []
    for gateway in plan.gateways:
        own = [
            each for each in outcome.outcomes if each.cell in cells and cells[each.cell].gateway.name == gateway.name
        ]
        told += agreed(own, adapters, truth_known=gateway.kind == "simulator")
    return replace(outcome, outcomes=tuple(told))


def read_left(folder: Path) -> Results:
    """The results in a run's folder, or what they would be by now where the run has written none.

    Raises:
        ResultsError: there are none, and nothing to assemble them from.
        InputError: they are not what they should be.
    """
    running = is_running(folder)
    if ((folder / RESULTS).exists() and not running) or not (folder / JOURNAL).is_file():
        return read_results(folder)
    try:
        left = read_journal(folder)
    except JournalError as problem:
        raise InputError(str(problem), hint=problem.hint) from None
    outcome = told_together(left.plan, left.seen.outcome(interrupted=not running))
    ended = datetime.fromtimestamp(left.seen.last, UTC)
    unfinished = Unfinished.RUNNING if running else Unfinished.TORN if left.torn else Unfinished.DIED
    results = assemble(left.plan, outcome, left.facts, ended=ended, seconds=left.seen.passed)
    refuse_other_places(results, folder / JOURNAL)
    return results.model_copy(
        update={"run": results.run.model_copy(update={"unfinished": unfinished, "complete": False})}
    )


def read_left_run(results: Path, name: str | None) -> Results:
    """As ``read_left``, of a run by its name, its folder or a file that was kept of one; the latest unless named."""
    return read_file(results, name) if is_one_file(Path(name or "")) else read_left(find_run(results, name))
