"""Draws how programs came out over many runs, and gives it as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from harness.results.compare.program_changes import standing_of_program
from harness.shared.amounts import counted
from harness.views.terminal.program_grid import program_mark
from harness.views.terminal.style import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.results.compare.program_history import ProgramHistory, ProgramPoint
    from harness.views.terminal.style import Style


def draw_program_histories(found: Sequence[ProgramHistory], *, width: int, style: Style) -> str:
    """The runs of one cell of a program, the newest first; or a line for each of several cells."""
    lines = _one(found[0], width, style) if len(found) == 1 else _many(found, style)
    return "\n".join(style.plain(line) for line in lines)


def _one(found: ProgramHistory, width: int, style: Style) -> Iterator[str]:
    yield found.cell
    yield f"{_rate(found)} the same, {found.as_expected} as expected, in {counted(len(found.points), 'run')}"
    last = found.last_change
    yield f"last change in {last.run}" if last else "never changed"
    yield ""
    for point in reversed(found.points):
        yield _run(point, style)
        for words in point.what:
            yield from paragraph(words, width, indent=4)


def _run(point: ProgramPoint, style: Style) -> str:
    cell = point.cell
    mark = style.paint(program_mark(cell, style), cell.status)
    version = "".join(f", {each}" for each in cell.server_versions)
    left = f"; the run was {point.left}" if point.left else ""
    return f"{point.run}  {mark} {standing_of_program(cell)}{version}{left}"


def _many(found: Sequence[ProgramHistory], style: Style) -> Iterator[str]:
    rows = [
        (
            program_mark(each.points[-1].cell, style),
            each.cell,
            _rate(each),
            each.last_change.run if each.last_change else "never",
        )
        for each in found
    ]
    yield from tabulate(
        rows, ("", "program", "same", "last change"), tablefmt="plain", disable_numparse=True
    ).splitlines()


def _rate(found: ProgramHistory) -> str:
    """``10 of 12``: of the runs that tried it."""
    return f"{found.same} of {len(found.tried)}"


def program_history_document(found: ProgramHistory) -> dict[str, Any]:
    """The history of a program's cell as JSON data; runs the oldest first."""
    last = found.last_change
    return {
        "cell": found.cell,
        "runs": len(found.points),
        "tried": len(found.tried),
        "same": found.same,
        "as_expected": found.as_expected,
        "last_change": {"run": last.run, "what": list(last.what)} if last else None,
        "points": [
            {
                "run": point.run,
                "started": point.started.isoformat(),
                "status": point.cell.status,
                "finding": point.cell.finding,
                "expected": point.cell.expected,
                "server_versions": list(point.cell.server_versions),
                "what": list(point.what),
                "unfinished": point.left,
            }
            for point in found.points
        ],
    }
