"""May a gateway be upgraded: what becomes of each library that somebody uses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.results.decide.brought import about_bringers
from harness.results.decide.fitting import by_name, fitting_rows, lacking
from harness.results.decide.libraries import adapters
from harness.results.decide.measuring import advice_to_measure, advice_to_pin, rerun, unmeasured, unpinned
from harness.results.decide.ranges import about_range
from harness.results.decide.row_judging import Standing, judge_row, worst
from harness.results.decide.upgrade_answer import Answer, Instead, Outcome, Upgrade, outcome_of
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.results.decide.bringing import Looked
    from harness.results.decide.libraries_used import Used
    from harness.results.decide.measured import Evidence, Row
    from harness.results.decide.upgrade_answer import Question


_ENDS = "desupport_notice"
"""The check that stands for the end of a gateway: who allows it does not mind."""

_BEFORE_CONTACT = frozenset({"install", "import"})
"""Where one of these fails no gateway is met, so that nobody can be using it, and no other gateway changes it."""


def answer_upgrade(
    evidence: Evidence,
    question: Question,
    used: Mapping[str, Sequence[Used]] | None,
    looked: Mapping[str, Looked] | None = None,
) -> Upgrade:
    """Say what becomes of each library.

    Args:
        evidence: what was measured.
        question: what is asked.
        used: what the user's file names, by Python; ``None`` asks for every library of the results.
        looked: what in that file brings a library along, by Python.
    """
    looked = looked or {}
    answers: list[Answer] = []
    for python in question.pythons:
        rows = [row for row in evidence.rows.values() if row.python == python]
        if used is None:
            answers.extend(_about_all(evidence, question, rows))
        else:
            answers.extend(_about_file(evidence, question, python, rows, used[python]))
            beside = by_name(used[python])
            bringers = looked[python].bringers if python in looked else ()
            answers.extend(about_bringers(bringers, question, python, rows, beside))
    columns = (*question.today, *question.after)
    said = {name: notice for name in columns if (notice := evidence.columns[name].desupport)}
    return Upgrade(
        today=question.today,
        after=question.after,
        answers=tuple(answers),
        by_file=used is not None,
        desupports=said,
        ending=tuple(name for name in question.after if name in said and question.wanted.matters(_ENDS, Status.FAIL)),
        unseen={name: why for each in looked.values() for name, why in each.unseen.items()},
        matrix=evidence.matrix,
    )


def _about_all(evidence: Evidence, question: Question, rows: Sequence[Row]) -> Iterable[Answer]:
    """Every row that met one of the gateways, but those that are broken today and of which no more is known."""
    columns = (*question.today, *question.after)
    for row in rows:
        if any(evidence.cell(row, column) for column in columns):
            answer = _unnamed(_about_row(evidence, question, row, rows, None))
            if answer.counts or answer.outcome is not Outcome.UNKNOWN:
                yield answer


def _about_file(
    evidence: Evidence, question: Question, python: str, rows: Sequence[Row], used: Sequence[Used]
) -> Iterable[Answer]:
    beside = by_name(used)
    known = {row.name for row in evidence.rows.values()} | set(adapters())
    for each in used:
        if each.source or (each.index and each.name in known):
            yield Answer(library=str(each), python=python, outcome=Outcome.UNKNOWN, why=each.why)
            continue
        if each.name not in known:
            continue
        found = fitting_rows(each, rows, beside)
        if found:
            yield from (_about_row(evidence, question, row, rows, beside) for row in found)
            continue
        ranged = about_range(evidence, question, each, rows, beside) if each.version is None else None
        yield ranged or _not_measured(each, python, rows, question, beside)


def _about_row(
    evidence: Evidence, question: Question, row: Row, rows: Sequence[Row], beside: Mapping[str, Used] | None
) -> Answer:
    today = judge_row(evidence, row, question.today, question.wanted)
    after = judge_row(evidence, row, question.after, question.wanted)
    outcome = outcome_of(worst(today), worst(after))
    fine = worst(after) is Standing.WORKS and worst(today) is not Standing.BREAKS
    instead = None if fine else _instead(evidence, question, row, rows)
    changed = instead.row if instead else row
    unknown = [each for each in after if each.standing is Standing.UNKNOWN]
    return Answer(
        library=f"{row.library if beside is None else row.distribution} {row.version}",
        python=row.python,
        outcome=outcome,
        row=row,
        today=today,
        after=after,
        why="; ".join(f"{each.gateway}: {each.why}" for each in unknown) if outcome is Outcome.UNKNOWN else "",
        measure=tuple(rerun(each, evidence.matrix) for each in unknown) if outcome is Outcome.UNKNOWN else (),
        instead=instead,
        needs=changed.extras if beside is None else lacking(changed, beside),
    )


def _unnamed(answer: Answer) -> Answer:
    """Without a file: what is broken today counts only where more breaks, and what no gateway mends never does."""
    if any(problem.check in _BEFORE_CONTACT for each in answer.after for problem in each.problems):
        return replace(answer, counts=False)
    was = {(problem.check, problem.status) for each in answer.today for problem in each.problems}
    will = {(problem.check, problem.status) for each in answer.after for problem in each.problems}
    if worst(answer.today) is not Standing.BREAKS or not will <= was:
        return answer
    return replace(answer, counts=False)


def _instead(evidence: Evidence, question: Question, row: Row, rows: Sequence[Row]) -> Instead | None:
    """The newest other version that works after the upgrade; rather one that works today, too."""
    found = []
    for other in rows:
        if other.name != row.name or other == row:
            continue
        if worst(judge_row(evidence, other, question.after, question.wanted)) is Standing.WORKS:
            today = worst(judge_row(evidence, other, question.today, question.wanted)) is Standing.WORKS
            found.append(Instead(row=other, today=today))
    return max(found, key=lambda each: (each.today, each.row.order, -len(each.row.extras)), default=None)


def _not_measured(
    used: Used, python: str, rows: Sequence[Row], question: Question, beside: Mapping[str, Used]
) -> Answer:
    same = [row for row in rows if row.name == used.name and row.published]
    columns = (*question.today, *question.after)
    if used.version is None:
        why, measure = unpinned(used, same, beside), advice_to_pin(question.after)
    else:
        why, measure = unmeasured(used, python, same, beside), advice_to_measure(used, python, same, columns, beside)
    return Answer(library=str(used), python=python, outcome=Outcome.UNKNOWN, why=why, measure=measure)
