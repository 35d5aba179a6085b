"""A library whose version somebody's file leaves open: what was measured within the range answers for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.results.decide.fitting import fitting_rows
from harness.results.decide.measuring import advice_to_pin, unmeasured
from harness.results.decide.row_judging import Standing, judge_row, worst, worst_of
from harness.results.decide.upgrade_answer import Answer, Outcome, outcome_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.results.decide.libraries_used import Used
    from harness.results.decide.measured import Evidence, Row
    from harness.results.decide.upgrade_answer import Question


def about_range(
    evidence: Evidence, question: Question, used: Used, rows: Sequence[Row], beside: Mapping[str, Used]
) -> Answer | None:
    """Answer for a range of versions; ``None`` where nothing within it was measured beside what the file has.

    Args:
        evidence: what was measured.
        question: what is asked.
        used: the library, without a version.
        rows: the rows on one Python.
        beside: everything that the user's file names, by normalised name.

    It works where every measured version within it does. Where they end differently, or where one was measured only
    with something beside it that the file lacks, it depends on which one is installed: not known.
    """
    within = [row for row in rows if row.name == used.name and row.published and used.admits(row.version)]
    within.sort(key=lambda row: row.order)
    pinned = [replace(used, version=version) for version in dict.fromkeys(row.version for row in within)]
    fitting = {str(each.version): fitting_rows(each, within, beside) for each in pinned}
    if not any(fitting.values()):
        return None
    found = [row for several in fitting.values() for row in several]
    today = [each for row in found for each in judge_row(evidence, row, question.today, question.wanted)]
    after = [each for row in found for each in judge_row(evidence, row, question.after, question.wanted)]
    ends = {
        str(each.version): _end(evidence, question, fitting[str(each.version)])
        or unmeasured(each, found[0].python, within, beside)
        for each in pinned
    }
    same = len(set(ends.values())) == 1
    outcome = outcome_of(worst(today), worst(after)) if same else Outcome.UNKNOWN
    return Answer(
        library=str(used),
        python=found[0].python,
        outcome=outcome,
        row=found[-1],
        today=tuple(today),
        after=tuple(after),
        why=_why(ends, same=same, place=used.place),
        measure=advice_to_pin(question.after) if outcome is Outcome.UNKNOWN else (),
    )


def _end(evidence: Evidence, question: Question, rows: Sequence[Row]) -> Standing | None:
    """How a version will stand; ``None`` where no row of it is like the user's environment."""
    ends = [worst(judge_row(evidence, row, question.after, question.wanted)) for row in rows]
    return worst_of(ends) if ends else None


def _why(ends: Mapping[str, str], *, same: bool, place: str) -> str:
    by_end: dict[str, list[str]] = {}
    for version, end in ends.items():
        by_end.setdefault(str(end), []).append(version)
    if same:
        ((end, versions),) = by_end.items()
        return f"every measured version within it {_SAYS.get(end, end)}: {', '.join(versions)}"
    said = "; ".join(f"{', '.join(versions)}: {end}" for end, versions in by_end.items())
    return f"it depends on the version, which {place} leaves open. {said}"


_SAYS = {str(Standing.UNKNOWN): "was left unasked, or could not be asked"}
