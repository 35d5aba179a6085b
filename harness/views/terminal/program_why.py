"""Draws the answer of ``ib-compat why`` for a program: how its cell is run, what is expected, and its newest result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.results.program_judging import planned
from harness.results.run_folder import relative
from harness.shared.errors import NoSuchCellError, ResultsError
from harness.shared.mask import Masker
from harness.views.terminal.cell_seen import find_newest_program
from harness.views.terminal.program_show import result_sentences
from harness.views.terminal.style import beside, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from harness.plan.matrix.program_spec import ProgramRule, ProgramSpec
    from harness.plan.plan_model import Plan
    from harness.results.program_results import ProgramCell
    from harness.views.terminal.program_show import SeenProgram
    from harness.views.terminal.style import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramExplained:
    """What there is to say about a cell of a program.

    Args:
        id: the id of the cell.
        spec: the program.
        cell: the cell as it is planned.
        rule: the first expectation that applies to it; ``None`` if it should do the same.
        seen: its newest result, or a sentence if no run has tried it.
        today: the day that decides whether an expectation is overdue.
    """

    id: str
    spec: ProgramSpec
    cell: ProgramCell
    rule: ProgramRule | None
    seen: SeenProgram | str
    today: date

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the program's command, with accounts masked."""
        return tuple(map(Masker().text, self.spec.program.command))


def explain_program(plan: Plan, cell_id: str, results: Path, *, today: date) -> ProgramExplained:
    """Explain a cell of a program that is planned.

    Args:
        plan: the plan of the matrix.
        cell_id: the id of the cell.
        results: the folder of runs.
        today: the day that decides whether expectations are overdue.
    """
    spec = next(each for each in plan.programs if cell_id in each.cells)
    cell = planned(spec).cells[cell_id]
    return ProgramExplained(
        id=cell_id,
        spec=spec,
        cell=cell,
        rule=next((rule for rule in spec.rules if rule.applies(cell.library, cell.gateway)), None),
        seen=_newest(results, cell_id),
        today=today,
    )


def _newest(results: Path, cell_id: str) -> SeenProgram | str:
    try:
        return find_newest_program(results, cell_id)
    except NoSuchCellError:
        return f"no run in {relative(results)} has it"
    except ResultsError as error:
        return str(error)


def draw_program_why(explained: ProgramExplained, *, width: int, style: Style) -> str:
    """The explanation in sections for a terminal of ``width`` characters; paths and commands stay on one line."""
    return "\n".join(style.plain(line) for line in _lines(explained, width))


def _lines(explained: ProgramExplained, width: int) -> Iterator[str]:
    yield explained.id
    yield from beside("plan", _in_words(_plan(explained), width))
    yield from beside("program", [" ".join(explained.command)])
    yield from beside("expected", _in_words(_expected(explained), width))
    seen = explained.seen
    if isinstance(seen, str):
        yield from beside("seen", wrapped(seen, width))
    else:
        run = f"in run {seen.results.run.id} of {seen.results.run.matrix}:"
        words = [*_in_words(map(printable, result_sentences(seen.cell)), width), *wrapped(run, width)]
        yield from beside("seen", [*words, *(seen.files or ["no evidence was left"])])
    yield from beside("rerun", [explained.cell.rerun])


def _in_words(sentences: Iterable[str], width: int) -> Iterator[str]:
    for sentence in sentences:
        yield from wrapped(sentence, width)


def _plan(explained: ProgramExplained) -> Iterator[str]:
    cell = explained.cell
    how = "it is what others are compared with" if cell.today else f"compared with {cell.compared_with}"
    yield f"run by {explained.spec.matrix.as_posix()} after the cells; {how}"


def _expected(explained: ProgramExplained) -> Iterator[str]:
    rule = explained.rule
    if rule is None:
        yield "it does the same"
        return
    due = "was due" if rule.review < explained.today else "due"
    yield f"[[program.expect]] {rule.number}: {' or '.join(rule.findings)}"
    yield Masker().text(rule.reason)
    yield f"since {rule.since}, {due} for review by {rule.review}"
    yield from [rule.link] if rule.link else []


def program_why_document(explained: ProgramExplained) -> dict[str, Any]:
    """The explanation as plain JSON data."""
    seen, rule = explained.seen, explained.rule
    expected = rule and {"rule": rule.number, "finding": list(rule.findings), "reason": Masker().text(rule.reason)}
    return {
        "cell": explained.id,
        "matrix": explained.spec.matrix.as_posix(),
        "planned": True,
        "program": explained.spec.name,
        "command": list(explained.command),
        "today": explained.cell.today,
        "compared_with": explained.cell.compared_with,
        "expected": expected,
        "seen": None if isinstance(seen, str) else _seen(seen),
        "not_seen": seen if isinstance(seen, str) else None,
        "rerun": explained.cell.rerun,
    }


def _seen(seen: SeenProgram) -> dict[str, Any]:
    cell = seen.cell
    return {
        "run": seen.results.run.id,
        "matrix": seen.results.run.matrix,
        "status": cell.status,
        "finding": cell.finding,
        "reason": cell.reason,
        "expected": cell.expected,
        "evidence": seen.files,
    }
