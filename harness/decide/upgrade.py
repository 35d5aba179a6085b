"""May a gateway be upgraded: what becomes of each library that somebody uses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.decide.fitting import fitting_rows, lacking
from harness.decide.judging import Judgement, Standing, judge_row, worst
from harness.decide.libraries import adapters
from harness.decide.measuring import advice_to_measure, advice_to_pin, rerun, unmeasured, unpinned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.decide.judging import Required
    from harness.decide.measured import Evidence, Row
    from harness.decide.used import Used
    from harness.results.model import DesupportInfo


class Outcome(StrEnum):
    """What becomes of a library."""

    WORKS = "works"
    MENDED = "will work"
    BREAKS = "breaks"
    STAYS_BROKEN = "stays broken"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """Another version that works where the user's does not; ``today`` too, so that it can be changed first."""

    row: Row
    today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One library on one Python.

    Args:
        library: package and version, as the user's file or the results name them.
        python: as ``3.11``.
        outcome: what becomes of it.
        counts: whether it keeps the upgrade from being safe. Without a file, what does not work today does not, unless
            something more breaks: nobody can be using it.
        row: the row that stands for it, if one does.
        today: its cells with the gateways of today.
        after: its cells with the gateways of tomorrow.
        why: what is not known.
        measure: a command, or a line for the matrix file and a command, that would tell.
        instead: another version that works.
        needs: what must be installed beside it, or beside what is used instead, that the file does not name.
    """

    library: str
    python: str
    outcome: Outcome
    counts: bool = True
    row: Row | None = None
    today: tuple[Judgement, ...] = ()
    after: tuple[Judgement, ...] = ()
    why: str = ""
    measure: tuple[str, ...] = ()
    instead: Instead | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """The whole answer.

    ``by_file`` says that it is about what the user's file names, and not about every library of the results;
    ``desupports`` has what gateways said of their own end.
    """

    today: tuple[str, ...]
    after: tuple[str, ...]
    answers: tuple[Answer, ...]
    by_file: bool
    desupports: Mapping[str, DesupportInfo] = field(default_factory=dict)

    @property
    def standing(self) -> Standing:
        """``WORKS`` where it is safe. Unknown counts as no, and so does an answer about nothing."""
        counting = {each.outcome for each in self.answers if each.counts}
        if counting & {Outcome.BREAKS, Outcome.STAYS_BROKEN}:
            return Standing.BREAKS
        return Standing.UNKNOWN if not counting or Outcome.UNKNOWN in counting else Standing.WORKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: from which columns to which, on which Pythons, and which checks matter."""

    today: tuple[str, ...]
    after: tuple[str, ...]
    pythons: tuple[str, ...]
    wanted: Required


def answer_upgrade(evidence: Evidence, question: Question, used: Mapping[str, Sequence[Used]] | None) -> Upgrade:
    """Say what becomes of each library.

    Args:
        evidence: what was measured.
        question: what is asked.
        used: what the user's file names, by Python; ``None`` asks for every library of the results.
    """
    answers: list[Answer] = []
    for python in question.pythons:
        rows = [row for row in evidence.rows.values() if row.python == python]
        if used is None:
            answers.extend(_about_all(evidence, question, rows))
        else:
            answers.extend(_about_file(evidence, question, python, rows, used[python]))
    columns = (*question.today, *question.after)
    said = {name: notice for name in columns if (notice := evidence.columns[name].desupport)}
    return Upgrade(
        today=question.today,
        after=question.after,
        answers=tuple(answers),
        by_file=used is not None,
        desupports=said,
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
    beside = {each.name: each for each in used}
    known = {row.name for row in evidence.rows.values()} | set(adapters())
    for each in used:
        if each.name not in known:
            continue
        found = fitting_rows(each, rows, beside)
        if found:
            yield from (_about_row(evidence, question, row, rows, beside) for row in found)
        else:
            yield _not_measured(each, python, rows, question, beside)


def _about_row(
    evidence: Evidence, question: Question, row: Row, rows: Sequence[Row], beside: Mapping[str, Used] | None
) -> Answer:
    today = judge_row(evidence, row, question.today, question.wanted)
    after = judge_row(evidence, row, question.after, question.wanted)
    outcome = _outcome(worst(today), worst(after))
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
        measure=tuple(rerun(each, evidence.matrices.get(each.gateway)) for each in unknown)
        if outcome is Outcome.UNKNOWN
        else (),
        instead=instead,
        needs=changed.extras if beside is None else lacking(changed, beside),
    )


def _outcome(today: Standing, after: Standing) -> Outcome:
    if after is Standing.UNKNOWN:
        return Outcome.UNKNOWN
    if after is Standing.WORKS:
        return Outcome.WORKS if today is Standing.WORKS else Outcome.MENDED
    return Outcome.STAYS_BROKEN if today is Standing.BREAKS else Outcome.BREAKS


def _unnamed(answer: Answer) -> Answer:
    """Without a file: what is broken today counts only where more breaks."""
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
        why, measure = unpinned(used, same), advice_to_pin(question.after)
    else:
        why, measure = unmeasured(used, python, same), advice_to_measure(used, python, same, columns, beside)
    return Answer(library=str(used), python=python, outcome=Outcome.UNKNOWN, why=why, measure=measure)
