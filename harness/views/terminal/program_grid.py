"""Draws what was found of the programs of a matrix file: a grid of their own, and each square that needs words."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.compare.program_changes import difference_line
from harness.results.run_standing import unfinished_line
from harness.shared.amounts import counted
from harness.shared.status import Finding, Status
from harness.views.terminal.grid import Column, column_header, draw_columns
from harness.views.terminal.observed_page import observed_otherwise
from harness.views.terminal.style import Style, cut, paragraph

if TYPE_CHECKING:
    from harness.results.program_results import ProgramCell, ProgramDifference
    from harness.results.results_model import Results

_LABEL = 24
_HEADER = 12
_MOST_SHOWN = 8
"""Differences of a square that are shown; the rest are counted."""

_LONGEST = 120
"""Letters that a terminal shows of what one run wrote or sent; the page and results.json have all."""

_WORDS = {
    Finding.DIFFERENT: "does not do the same",
    Finding.NO_CONTACT: "nobody can tell: it did not connect",
    Finding.UNSTEADY: "nobody can tell: it is unsteady",
    Finding.FAILS: "nobody can tell: it fails there and today",
    Finding.LACKING: "nobody can tell: it asks what is not simulated",
    Finding.SAME: "does the same",
}


def program_cells(results: Results) -> list[ProgramCell]:
    """Return the cells of all programs."""
    return [cell for program in results.programs.values() for cell in program.cells.values()]


def programs_line(results: Results) -> str:
    """``2 programs, 8 cells: 5 pass, 3 fail.``; empty without programs.

    Of a run with programs alone it also says how that ended early: nothing else would.
    """
    cells = program_cells(results)
    if not cells:
        return ""
    counts = Counter(cell.status for cell in cells)
    told = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    line = f"{counted(len(results.programs), 'program')}, {counted(len(cells), 'cell')}: {told}."
    early = None if results.cells else unfinished_line(results.run)
    return line if early is None else f"{line} {early}"


def draw_programs(results: Results, *, width: int, style: Style) -> Iterator[str]:
    """Yield the lines of the grid of programs, and of what needs words; nothing without programs."""
    cells = program_cells(results)
    if not cells:
        return
    rows = list(dict.fromkeys(cell.row for cell in cells))
    gateways = list(dict.fromkeys(cell.gateway for cell in cells))
    labels = ["\n".join(textwrap.wrap(row.replace("/", " "), _LABEL)) for row in rows]
    columns = [_column(results, cells, rows, gateway, style) for gateway in gateways]
    yield from draw_columns([Column.of("program", labels, labels)], columns, width, style).splitlines()
    yield ""
    yield from paragraph(programs_line(results), width)
    for told in told_of(results):
        yield ""
        yield from _told(told, width, style)
    for line in review_lines(results):
        yield from paragraph(line, width)
    yield from caution_lines(results, width)
    yield from observed_otherwise(program_cells(results), width)


def review_lines(results: Results) -> Iterator[str]:
    """Yield which expectations about programs were to be looked at again by the day of the run."""
    day = results.run.ended.date()
    due = {
        (cell.row.partition("/")[0], cell.rule): cell
        for cell in program_cells(results)
        if cell.review is not None and cell.review < day
    }
    for (program, rule), cell in due.items():
        yield f"[[program.expect]] {rule} of {program} was due for review by {cell.review}: {cell.because}"


def caution_lines(results: Results, width: int) -> Iterator[str]:
    """Yield what libraries make of errors that programs got, each with the rows that it is about."""
    found: dict[str, dict[str, None]] = {}
    for cell in program_cells(results):
        for caution in cell.cautions:
            found.setdefault(caution, {})[cell.row] = None
    if found:
        yield ""
        yield "Take care, also where a program does the same everywhere:"
    for caution, rows in found.items():
        yield from paragraph(f"{', '.join(rows)}: {caution}", width, indent=2, hanging=2)


def _column(results: Results, cells: list[ProgramCell], rows: list[str], gateway: str, style: Style) -> Column:
    found = {cell.row: cell for cell in cells if cell.gateway == gateway}
    plain = [square(found[row], style) if row in found else "" for row in rows]
    painted = [
        style.paint(text, found[row].status) if row in found else "" for row, text in zip(rows, plain, strict=True)
    ]
    return Column.of(program_header(results, gateway), painted, plain)


def program_header(results: Results, gateway: str) -> str:
    """Return the header of a gateway's column, which is that of the grid of cells if the run knows the gateway."""
    known = results.gateways.get(gateway)
    return column_header(gateway, known) if known else "\n".join(textwrap.wrap(gateway, _HEADER))


def square(cell: ProgramCell, style: Style) -> str:
    """``✓ 178``, ``✗ 178``, ``· lacking``; with ``today`` where the others are compared with it."""
    spoken = " ".join(map(str, cell.server_versions))
    words = cell.finding.value if cell.status is Status.SKIPPED and cell.finding else spoken
    return "\n".join(filter(None, (f"{program_mark(cell, style)} {words}".rstrip(), "today" if cell.today else "")))


def program_mark(cell: ProgramCell, style: Style) -> str:
    """Return the glyph of a cell: in brackets if a rule expects that it is red, with a star if a pass is unexpected."""
    by_rule = cell.rule is not None or cell.expected is not Verdict.AS_EXPECTED
    return style.mark(cell.status, cell.expected) if by_rule else style.glyph(cell.status)


def told_of(results: Results) -> list[list[ProgramCell]]:
    """Return the cells that need words; those of a program that have the same to say are together.

    Those that were not run because of an interruption are left out, as cells are.
    """
    alike: dict[object, list[ProgramCell]] = {}
    early = results.run.interrupted or results.run.unfinished is not None
    for cell in program_cells(results):
        if early and cell.status is Status.NOT_RUN:
            continue
        if cell.finding is not Finding.SAME or cell.expected is not Verdict.AS_EXPECTED:
            known = cell.finding is not None and cell.finding.answers
            of = cell.row if known else cell.row.partition("/")[0]  # what nobody can tell has one cause
            same = (of, cell.status, cell.finding, cell.differences, cell.expected, cell.rule)
            alike.setdefault(same, []).append(cell)
    return list(alike.values())


def is_open(cell: ProgramCell) -> bool:
    """Whether a cell makes the run fail: it is not as expected, or gives no answer."""
    return cell.expected is not Verdict.AS_EXPECTED or not cell.answers


def headline(cells: list[ProgramCell]) -> str:
    """``rebalancer/ib_async==2.1.0 at gateway-10.45-paper: does not do the same, as [[program.expect]] 1 expects``."""
    first = cells[0]
    rows = " and ".join(dict.fromkeys(cell.row for cell in cells))
    where = ", ".join(dict.fromkeys(cell.gateway for cell in cells))
    changed = len(cells) == 1
    return f"{rows} at {where}: {standing_words(first, changed=changed)}"


def standing_words(cell: ProgramCell, *, changed: bool = True) -> str:
    """Return how a cell stands, as ``does not do the same (other than today: gateway)``.

    Args:
        cell: the cell.
        changed: say what is other than today.
    """
    words = _WORDS[cell.finding] if cell.finding else "was not run"
    if cell.status is Status.ERROR:
        words = "could not be run"
    other = f" (other than today: {' and '.join(cell.changed)})" if changed and cell.changed else ""
    return f"{words}{other}{_known(cell)}"


def _known(cell: ProgramCell) -> str:
    """``, as [[program.expect]] 1 expects: it waits``; empty if no rule applies."""
    if cell.rule is None:
        return ""
    how = ", as {} expects" if cell.expected is Verdict.AS_EXPECTED else ", though {} expects otherwise"
    because = f": {cell.because}" if cell.because else ""
    return how.format(f"[[program.expect]] {cell.rule}") + because


def short_difference_lines(cell: ProgramCell) -> Iterator[str]:
    """Yield what a program does otherwise for a terminal, where what is long, such as a logged record, is cut."""
    return difference_lines(replace(cell, differences=tuple(map(_short, cell.differences))))


def _short(each: ProgramDifference) -> ProgramDifference:
    """Return a difference of which the long texts are cut, so that one still sees what differs."""
    before, after = each.before, each.after
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    if max(len(before), len(after)) > _LONGEST and alike > _LONGEST // 2:
        before, after = (f"…{text[alike - _LONGEST // 4 :]}" for text in (before, after))
    before, after, where = (cut(text, _LONGEST) for text in (before, after, each.where))
    return replace(each, before=before, after=after, where=where)


def difference_lines(cell: ProgramCell) -> Iterator[str]:
    """Yield what a program does otherwise, each in a line; of many the first."""
    yield from islice(all_difference_lines(cell), _MOST_SHOWN)
    if len(cell.differences) > _MOST_SHOWN:
        yield f"and {len(cell.differences) - _MOST_SHOWN} more; results.json has all"


def all_difference_lines(cell: ProgramCell) -> Iterator[str]:
    """Yield everything that a program does otherwise, each in a line."""
    yield from map(difference_line, cell.differences)


def _told(cells: list[ProgramCell], width: int, style: Style) -> Iterator[str]:
    first = cells[0]
    mark = program_mark(first, style)
    line, *more = paragraph(style.plain(headline(cells)), width - len(mark) - 1, hanging=0)
    yield f"{style.paint(mark, first.status)} {line}"
    yield from (f"  {each}" for each in more)
    for text in (first.reason, *short_difference_lines(first)):
        yield from paragraph(style.plain(text), width, indent=2, hanging=2)
    if first.finding is not Finding.SAME and first.output:
        yield "  The last that it wrote:"
        yield from (f"    {line}" for text in first.output.splitlines() for line in paragraph(text, width - 4))
    yield f"  {first.rerun}"
