"""Decides whether a gateway may be upgraded: what becomes of each library that a user has.

A library may be pinned, have a range of versions, or come with another package of the user's file. A library that
nobody measured is unknown, and never ignored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.results.decide.fitting_rows import (
    advice_to_measure,
    advice_to_pin,
    ask_libraries,
    by_name,
    fitting_rows,
    lacking,
    names_beside,
    rerun,
    table_lines,
    unmeasured,
    unpinned,
)
from harness.results.decide.libraries import adapters
from harness.results.decide.row_judging import Standing, judge_row, worst, worst_of
from harness.results.decide.upgrade_answer import Answer, Instead, Outcome, Upgrade, outcome_of
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.results.decide.bringing import Bringer, Looked
    from harness.results.decide.libraries_used import Used
    from harness.results.decide.measured import Evidence, Row
    from harness.results.decide.upgrade_answer import Question

_ENDS = "desupport_notice"
"""The check for the end of a gateway's support; users who allow it accept the end."""

_BEFORE_CONTACT = frozenset({"install", "import"})
"""If one of these checks fails, no gateway is reached, so that nobody can be using that version."""

_SAYS = {str(Standing.UNKNOWN): "was left unasked, or could not be asked"}


def answer_upgrade(
    evidence: Evidence,
    question: Question,
    used: Mapping[str, Sequence[Used]] | None,
    looked: Mapping[str, Looked] | None = None,
) -> Upgrade:
    """Return the outcome for each library.

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
            answers.extend(_about_bringers(bringers, question, python, rows, beside))
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
    """Yield an answer for every row that met one of the gateways, except if all that is known is that it is broken."""
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
        ranged = _about_range(evidence, question, each, rows, beside) if each.version is None else None
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
    """Return the answer about a library that no user's file names.

    If it is broken today, it counts only if more breaks, and never if it is broken with every gateway.
    """
    if any(problem.check in _BEFORE_CONTACT for each in answer.after for problem in each.problems):
        return replace(answer, counts=False)
    was = {(problem.check, problem.status) for each in answer.today for problem in each.problems}
    will = {(problem.check, problem.status) for each in answer.after for problem in each.problems}
    if worst(answer.today) is not Standing.BREAKS or not will <= was:
        return answer
    return replace(answer, counts=False)


def _instead(evidence: Evidence, question: Question, row: Row, rows: Sequence[Row]) -> Instead | None:
    """The newest other version that works after the upgrade, preferably one that works today, too."""
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


def _about_range(
    evidence: Evidence, question: Question, used: Used, rows: Sequence[Row], beside: Mapping[str, Used]
) -> Answer | None:
    """Answer for a range of versions; ``None`` if nothing within it was measured beside what the file has.

    Args:
        evidence: what was measured.
        question: what is asked.
        used: the library, without a version.
        rows: the rows on one Python.
        beside: everything that the user's file names, by normalised name.

    The range works if every measured version in it works. If they end differently, or if one was measured only with
    something beside it that the file lacks, the answer is unknown: it depends on which version is installed.
    """
    within = [row for row in rows if row.name == used.name and row.published and used.admits(row.version)]
    within.sort(key=lambda row: row.order)
    pinned = {row.version: replace(used, version=row.version) for row in within}
    fitting = {version: fitting_rows(each, within, beside) for version, each in pinned.items()}
    if not any(fitting.values()):
        return None
    found = [row for several in fitting.values() for row in several]
    today = [each for row in found for each in judge_row(evidence, row, question.today, question.wanted)]
    after = [each for row in found for each in judge_row(evidence, row, question.after, question.wanted)]
    ends = {
        version: _end(evidence, question, fit) or unmeasured(pinned[version], found[0].python, within, beside)
        for version, fit in fitting.items()
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
        why=_why_of_range(ends, same=same, place=used.place),
        measure=advice_to_pin(question.after) if outcome is Outcome.UNKNOWN else (),
    )


def _end(evidence: Evidence, question: Question, rows: Sequence[Row]) -> Standing | None:
    """The standing of a version after the upgrade; ``None`` if no row resembles the user's environment."""
    ends = [worst(judge_row(evidence, row, question.after, question.wanted)) for row in rows]
    return worst_of(ends) if ends else None


def _why_of_range(ends: Mapping[str, str], *, same: bool, place: str) -> str:
    by_end: dict[str, list[str]] = {}
    for version, end in ends.items():
        by_end.setdefault(str(end), []).append(version)
    if same:
        ((end, versions),) = by_end.items()
        return f"every measured version within it {_SAYS.get(end, end)}: {', '.join(versions)}"
    said = "; ".join(f"{', '.join(versions)}: {end}" for end, versions in by_end.items())
    return f"it depends on the version, which {place} leaves open. {said}"


def _about_bringers(
    bringers: Sequence[Bringer], question: Question, python: str, rows: Sequence[Row], beside: Mapping[str, Used]
) -> Iterator[Answer]:
    """Yield an answer for each package that no row measured, or had installed beside its library.

    Args:
        bringers: packages of the user's file.
        question: what is asked.
        python: the Python, such as ``3.11``.
        rows: the rows on that Python.
        beside: everything that the user's file names, by normalised name.
    """
    for each in bringers:
        if not _was_measured(each.used, rows, beside):
            yield Answer(
                library=str(each.used),
                python=python,
                outcome=Outcome.UNKNOWN,
                why=_why_not_known(each),
                measure=tuple(_measure(each, question, python, beside)),
            )


def _was_measured(used: Used, rows: Sequence[Row], beside: Mapping[str, Used]) -> bool:
    """Whether a row measured the package, or had it beside its library, in an environment like the user's."""
    own = any(row.name == used.name for row in rows)
    return own or any(used.name in names_beside(row) and not lacking(row, beside) for row in rows)


def _why_not_known(bringer: Bringer) -> str:
    brings = bringer.brings
    if brings is None:
        return f"by its name it may bring a library of IBKR's API, and it could not be looked up: {bringer.why}"
    what = f"installs {', '.join(brings.installs)}" if brings.installs else f"uses {', '.join(brings.uses)}"
    return f"it {what} ({brings.source}), and no run had it"


def _measure(bringer: Bringer, question: Question, python: str, beside: Mapping[str, Used]) -> Iterator[str]:
    """Yield what to add to the matrix file: a row for the package, or for the library that it uses, beside it."""
    used, brings = bringer.used, bringer.brings
    if brings is None or used.index or (used.version is None and brings.installs):
        return
    pinned = f"{used.name}{used.specifier}"
    for adapter in brings.installs:
        yield from table_lines(adapter=adapter, distribution=used.name, versions=[str(used.version)], pythons=[python])
        yield from ask_libraries(f"{used.name}=={used.version}", (*question.today, *question.after))
    for name in () if brings.installs else brings.uses:
        library = beside.get(name)
        if name in adapters() and library is not None and library.version is not None:
            label = f"{name}-with-{used.name}"
            keys = {"adapter": adapters()[name], "distribution": name, "name": label}
            yield from table_lines(**keys, versions=[library.version], extra=[pinned], pythons=[python])
            yield from ask_libraries(f"{label}=={library.version}", (*question.today, *question.after))
