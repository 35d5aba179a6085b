"""Why a cell is asked or not, what is expected of it, and what the newest run that asked it saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.check_names import CHECKS
from harness.results.expectations import rule_infos
from harness.results.file_records import rerun_command
from harness.results.left import read_left
from harness.results.run_folder import find_run, relative
from harness.shared.errors import NoSuchCellError, ResultsError
from harness.shared.mask import Masker
from harness.views.terminal.newest_of_cell import find_newest_seen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.results_model import RuleInfo
    from harness.views.terminal.cell_seen import Seen

NOT_LISTED = "the matrix file does not list it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All there is to say.

    ``planned`` is ``None`` where the cell is absent from the plan, and ``absent`` then says why. ``not_asked`` maps
    checks to the reason. ``rules`` are the expectations that speak of the cell. ``seen`` is a sentence where no
    run has asked the cell.
    """

    cell: str
    matrix: str
    planned: PlannedCell | None
    absent: str | None
    not_asked: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[RuleInfo, ...] = ()
    seen: Seen | str
    rerun: str | None = None


def explain(plan: Plan, cell_id: str, results: Path, *, today: date) -> Explanation:
    """Explain a cell of the matrix, planned or absent.

    Args:
        plan: of the matrix, with that cell in it, planned or absent.
        cell_id: which one.
        results: the folder where runs lie.
        today: the day on which expectations are overdue or not.
    """
    planned = next((cell for cell in plan.cells if cell.id == cell_id), None)
    return Explanation(
        cell=cell_id,
        matrix=plan.matrix.as_posix(),
        planned=planned,
        absent=next((cell.reason for cell in plan.absent if cell.id == cell_id), None),
        not_asked=_not_asked(planned) if planned else {},
        rules=_rules(plan, planned, today) if planned else (),
        seen=_seen(cell_id, results),
        rerun=rerun_command(planned, plan.matrix) if planned else None,
    )


def document(explained: Explanation) -> dict[str, Any]:
    """The explanation as plain JSON data."""
    planned, seen = explained.planned, explained.seen
    return {
        "cell": explained.cell,
        "matrix": explained.matrix,
        "planned": planned is not None,
        "absent": explained.absent,
        "skipped": planned.skip if planned else None,
        "kept": planned.kept if planned else None,
        "client_id": planned.client_id if planned else None,
        "checks": list(planned.checks) if planned else [],
        "not_asked": dict(explained.not_asked),
        "expected": [rule.model_dump(mode="json", exclude={"used"}) for rule in explained.rules],
        "seen": None if isinstance(seen, str) else _seen_document(seen),
        "not_seen": seen if isinstance(seen, str) else None,
        "rerun": explained.rerun,
    }


def _seen_document(seen: Seen) -> dict[str, Any]:
    told = ("status", "stage", "reason", "fault", "diagnosis", "expected", "negotiated", "unsupported")
    return {
        "run": seen.results.run.id,
        "matrix": seen.results.run.matrix,
        **seen.cell.model_dump(mode="json", include=set(told)),
        "evidence": seen.files,
    }


def _not_asked(planned: PlannedCell) -> dict[str, str]:
    unlisted = (check for check in CHECKS if check not in planned.checks)
    return {**dict.fromkeys(unlisted, NOT_LISTED), **planned.left_out}


def _rules(plan: Plan, planned: PlannedCell, today: date) -> tuple[RuleInfo, ...]:
    speaking = {expectation.rule for expectation in planned.expectations()}
    return tuple(Masker().record(rule) for rule in rule_infos(plan.rules, today=today) if rule.rule in speaking)


def _seen(cell_id: str, results: Path) -> Seen | str:
    try:
        return find_newest_seen(results, cell_id)
    except NoSuchCellError:
        return _unseen(cell_id, find_run(results))
    except ResultsError as error:
        return str(error)


def _unseen(cell_id: str, folder: Path) -> str:
    """Say why the latest run has no such cell."""
    answer = read_left(folder)
    absent = next((each.reason for each in answer.plan.absent if each.cell == cell_id), None)
    return f"{relative(folder)} has no such cell: {absent or f'it ran {answer.run.matrix}'}"
