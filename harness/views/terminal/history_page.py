"""Draws the page of ``ib-compat history``, and gives it as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from harness.results.compare.cell_differences import connect_seconds, standing
from harness.shared.amounts import counted
from harness.shared.status import Status
from harness.views.terminal.style import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.results.compare.cell_history import CellHistory, Point
    from harness.views.terminal.style import Style


def draw_histories(found: Sequence[CellHistory], *, width: int, style: Style) -> str:
    """The runs of one cell, the newest first; or a line for each of several cells, then the flaky ones."""
    lines = _one(found[0], width, style) if len(found) == 1 else _many(found, width, style)
    return "\n".join(style.plain(line) for line in lines)


def history_document(found: CellHistory) -> dict[str, Any]:
    """The history of a cell as JSON data; times are seconds, runs the oldest first."""
    flaky, last = found.flaky, found.last_change
    return {
        "cell": found.cell,
        "runs": len(found.points),
        "asked": len(found.asked),
        "passed": found.passed,
        "as_expected": found.as_expected,
        "connect_seconds": {"median": found.connect, "last": found.connects[-1] if found.connects else None},
        "last_change": {"run": last.run, "what": list(last.what)} if last else None,
        "flaky": {
            "otherwise": flaky.otherwise,
            "runs": flaky.runs,
            "outcomes": dict(flaky.outcomes),
            "current": flaky.current,
        }
        if flaky
        else None,
        "points": [_point(point) for point in found.points],
    }


def _point(point: Point) -> dict[str, Any]:
    cell = point.cell
    return {
        "run": point.run,
        "started": point.started.isoformat(),
        "status": cell.status,
        "stage": cell.stage,
        "expected": cell.expected.verdict,
        "negotiated": cell.negotiated,
        "installed": cell.resolved.version if cell.resolved else None,
        "connect_seconds": connect_seconds(cell),
        "what": list(point.what),
        "moved": point.moved,
        "unfinished": point.left,
    }


def _one(found: CellHistory, width: int, style: Style) -> Iterator[str]:
    yield found.cell
    yield f"{_rate(found)} pass, {found.as_expected} as expected, in {counted(len(found.points), 'run')}"
    if found.connects:
        yield f"connect time {found.connects[-1]:.2f} s in the newest, {found.connect:.2f} s the median"
    last = found.last_change
    yield f"last change in {last.run}" if last else "never changed"
    if found.flaky:
        yield from paragraph(_flaky(found), width)
    yield ""
    for point in reversed(found.points):
        yield _run(point, style)
        for words in (*point.what, *filter(None, [point.moved])):
            yield from paragraph(words, width, indent=4)


def _run(point: Point, style: Style) -> str:
    cell = point.cell
    mark = style.paint(style.mark(cell.status, cell.expected.verdict), cell.status)
    seconds = connect_seconds(cell)
    connected = f", connected in {seconds:.2f} s" if seconds is not None else ""
    version = f", {cell.negotiated}" if cell.negotiated is not None else ""
    left = f"; the run was {point.left}" if point.left else ""
    return f"{point.run}  {mark} {standing(cell)}{version}{connected}{left}"


def _many(found: Sequence[CellHistory], width: int, style: Style) -> Iterator[str]:
    rows = [
        (
            _newest(each, style),
            each.cell,
            _rate(each),
            f"{each.connect:.2f} s" if each.connect is not None else "-",
            each.last_change.run if each.last_change else "never",
        )
        for each in found
    ]
    headers = ("", "cell", "pass", "connect", "last change")
    yield from tabulate(rows, headers, tablefmt="plain", disable_numparse=True).splitlines()
    flaky = [each for each in found if each.flaky]
    if flaky:
        yield ""
    for each in flaky:
        yield from paragraph(f"{each.cell}: {_flaky(each)}", width)
    left = {point.run: point.left for each in found for point in each.points if point.left}
    if left:
        yield ""
    for run in sorted(left, reverse=True):
        yield from paragraph(f"{run}: {left[run]}", width)


def _newest(found: CellHistory, style: Style) -> str:
    """The mark of the newest run that came to the cell."""
    came = [point.cell for point in found.points if point.cell.status is not Status.NOT_RUN]
    cell = (came or [found.points[-1].cell])[-1]
    return style.mark(cell.status, cell.expected.verdict)


def _rate(found: CellHistory) -> str:
    """``10 of 12``: of the runs that asked it."""
    skipped = sum(point.cell.status is Status.SKIPPED for point in found.points)
    more = f" ({skipped} skipped)" if skipped else ""
    return f"{found.passed} of {len(found.asked)}{more}"


def _flaky(found: CellHistory) -> str:
    flaky = found.flaky
    if flaky is None:
        return ""
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in flaky.outcomes)
    when = "" if flaky.current else " (earlier, with other versions than now)"
    return f"flaky: {flaky.otherwise} of {flaky.runs} runs with the same versions ended differently: {outcomes}{when}"
