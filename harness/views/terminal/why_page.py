"""Draws the answer of ``ib-compat why``: why a cell is asked or not, what is expected of it, and its newest result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.checks.all import NAMES
from harness.results.expectations import rule_infos
from harness.results.file_records import rerun_command
from harness.results.results_files import read_left
from harness.results.results_json import json_data
from harness.results.run_folder import find_run, relative
from harness.shared.errors import NoSuchCellError, ResultsError
from harness.shared.mask import Masker
from harness.views.terminal.cell_seen import find_newest_seen
from harness.views.terminal.cell_words import claim, in_full, words_of
from harness.views.terminal.style import beside, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.results_model import RuleInfo
    from harness.views.terminal.cell_seen import Seen
    from harness.views.terminal.style import Style

NOT_LISTED = "the matrix file does not list it"


def draw_why(explained: Explanation, *, width: int, style: Style) -> str:
    """The explanation in sections for a terminal of ``width`` characters; paths and commands stay on one line."""
    return "\n".join(style.plain(line) for line in _lines(explained, width))


def _lines(explained: Explanation, width: int) -> Iterator[str]:
    yield explained.cell
    yield from beside("plan", _in_words(_plan(explained), width))
    if explained.planned:
        yield from beside("checks", wrapped(", ".join(explained.planned.checks), width))
        yield from beside("not asked", _in_words(_not_asked(explained), width))
        yield from beside("expected", _expected(explained, width))
    yield from beside("seen", _seen(explained.seen, width))
    yield from beside("rerun", [explained.rerun] if explained.rerun else [])


def _in_words(sentences: Iterator[str], width: int) -> Iterator[str]:
    for sentence in sentences:
        yield from wrapped(sentence, width)


def _plan(explained: Explanation) -> Iterator[str]:
    planned, matrix = explained.planned, explained.matrix
    if planned is None:
        yield f"not in the plan of {matrix}: {explained.absent}"
    elif planned.skip is not None:
        yield f"planned by {matrix}, and skipped: {planned.skip}"
    else:
        yield f"asked by {matrix}, as client id {planned.client_id}"
    if planned is not None and planned.kept is not None:
        yield planned.kept


def _not_asked(explained: Explanation) -> Iterator[str]:
    of_reason: dict[str, list[str]] = {}
    for check, reason in explained.not_asked.items():
        of_reason.setdefault(reason, []).append(check)
    for reason, checks in of_reason.items():
        yield f"{', '.join(checks)}: {reason}"


def _expected(explained: Explanation, width: int) -> Iterator[str]:
    for rule in explained.rules:
        due = "was due" if rule.overdue else "due"
        yield from wrapped(f"[[expect]] {rule.rule}: {claim(rule.status, rule.check)}", width)
        yield from wrapped(rule.reason, width)
        yield f"since {rule.since}, {due} for review by {rule.review}"
        yield from [rule.link] if rule.link else []
    yield "everything else passes" if explained.rules else "everything passes"


def _seen(seen: Seen | str, width: int) -> Iterator[str]:
    if isinstance(seen, str):
        yield from wrapped(seen, width)
        return
    yield from _in_words(_standing(seen), width)
    if seen.cell.diagnosis is not None:
        yield from _in_words(in_full(seen.cell.diagnosis), width)
    yield from wrapped(f"in run {seen.results.run.id} of {seen.results.run.matrix}:", width)
    yield from seen.files or ["no evidence was left"]


def _standing(seen: Seen) -> Iterator[str]:
    cell, words = seen.cell, words_of(seen.cell, seen.rules)
    yield words.standing
    if cell.negotiated is not None:
        yield f"negotiated server version {cell.negotiated}"
    if cell.reason is not None:
        yield words.reason if cell.diagnosis is None else printable(cell.reason)  # the verdict follows
    yield from words.also
    if cell.unsupported:
        yield f"unsupported: {', '.join(cell.unsupported)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What there is to say about a cell.

    ``planned`` is ``None`` if the cell is absent from the plan, and ``absent`` then says why. ``not_asked`` maps checks
    to the reason. ``rules`` are the expectations that apply to the cell. ``seen`` is a sentence if no run has asked the
    cell.
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
        plan: the plan of the matrix; it has the cell, planned or absent.
        cell_id: the id of the cell.
        results: the folder of runs.
        today: the day that decides whether expectations are overdue.
    """
    planned = next((cell for cell in plan.cells if cell.id == cell_id), None)
    return Explanation(
        cell=cell_id,
        matrix=plan.matrix.as_posix(),
        planned=planned,
        absent=next((cell.reason for cell in plan.absent if cell.id == cell_id), None),
        not_asked=_reasons_not_asked(planned) if planned else {},
        rules=_rules(plan, planned, today) if planned else (),
        seen=_newest_seen(cell_id, results),
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
        "expected": [_rule(rule) for rule in explained.rules],
        "seen": None if isinstance(seen, str) else _seen_document(seen),
        "not_seen": seen if isinstance(seen, str) else None,
        "rerun": explained.rerun,
    }


def _rule(rule: RuleInfo) -> dict[str, Any]:
    """Return a rule as it is in the results, but for whether it was used: that is a matter of a run."""
    told: dict[str, Any] = json_data(rule)
    del told["used"]
    return told


def _seen_document(seen: Seen) -> dict[str, Any]:
    told = ("status", "stage", "reason", "fault", "diagnosis", "expected", "negotiated", "unsupported")
    return {
        "run": seen.results.run.id,
        "matrix": seen.results.run.matrix,
        **json_data({name: getattr(seen.cell, name) for name in told}),
        "evidence": seen.files,
    }


def _reasons_not_asked(planned: PlannedCell) -> dict[str, str]:
    unlisted = (check for check in NAMES if check not in planned.checks)
    return {**dict.fromkeys(unlisted, NOT_LISTED), **planned.left_out}


def _rules(plan: Plan, planned: PlannedCell, today: date) -> tuple[RuleInfo, ...]:
    speaking = {expectation.rule for expectation in planned.expectations()}
    return tuple(Masker().record(rule) for rule in rule_infos(plan.rules, today=today) if rule.rule in speaking)


def _newest_seen(cell_id: str, results: Path) -> Seen | str:
    try:
        return find_newest_seen(results, cell_id)
    except NoSuchCellError:
        return _unseen(cell_id, find_run(results))
    except ResultsError as error:
        return str(error)


def _unseen(cell_id: str, folder: Path) -> str:
    """Return why the latest run has no such cell."""
    answer = read_left(folder)
    absent = next((each.reason for each in answer.plan.absent if each.cell == cell_id), None)
    return f"{relative(folder)} has no such cell: {absent or f'it ran {answer.run.matrix}'}"
