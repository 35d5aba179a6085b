"""Draws the answer of ``ib-compat bisect``, and gives it as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.results.decide.bisection import End, Found
from harness.results.decide.row_judging import Judgement, Standing
from harness.shared.amounts import counted
from harness.shared.status import Status
from harness.views.terminal.decision_text import judgement_document
from harness.views.terminal.style import Style, cut, paragraph, printable
from harness.views.terminal.wire_difference import WireDiff, document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_LINES = 24
"""Lines of the wire that are shown; ``ib-compat diff`` shows all."""

_LOOKS = {Standing.WORKS: Status.PASS, Standing.BREAKS: Status.FAIL, Standing.UNKNOWN: Status.NOT_RUN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bisected:
    """The result of a bisection.

    Args:
        names: the candidates, in order from the good to the bad one.
        found: where it breaks.
        asked: candidate number to its judgement, in the order in which they were asked.
        runs: candidate number to the folder of its run, as a person would type it.
        wire: the difference of the transcripts; ``None`` if it is unknown, and ``why_no_wire`` says why.
    """

    names: Sequence[str]
    found: Found
    asked: dict[int, Judgement]
    runs: dict[int, str]
    wire: WireDiff | None
    why_no_wire: str = ""


def step_line(name: str, judgement: Judgement, standing: Standing, *, width: int, style: Style) -> str:
    """Return the result of one candidate, in a line or two."""
    status = _LOOKS[standing]
    said = "; ".join(str(problem) for problem in judgement.problems) or judgement.why
    skipped = "could not be asked, so its neighbour is asked instead: " if standing is Standing.UNKNOWN else ""
    mark = style.paint(style.glyph(status), status)
    lines = paragraph(f"{name}: {skipped}{said or 'works'}", width - 2, indent=2)
    return style.plain(f"{mark} " + "\n".join(lines).lstrip())


def draw_bisected(bisected: Bisected, *, width: int, style: Style) -> str:
    """The end: last good, first bad, the checks that tell them apart, and the wire."""
    found, names = bisected.found, bisected.names
    if found.end is not End.FOUND:
        which = found.last_good if found.last_good in bisected.asked and len(bisected.asked) == 1 else found.first_bad
        return style.plain("\n".join(paragraph(f"{names[which]}: {found.end}; there is nothing to search.", width)))
    lines = ["", f"last good: {names[found.last_good]}", f"first bad: {names[found.first_bad]}"]
    if found.between:
        between = ", ".join(names[number] for number in found.between)
        text = f"It may also be one of those between, which could not be asked: {between}."
        lines.extend(paragraph(text, width))
    lines.extend(line for text in _apart(bisected) for line in paragraph(text, width, indent=2))
    lines.extend(_wire(bisected, width))
    return "\n".join(style.plain(line) for line in lines)


def _apart(bisected: Bisected) -> Iterator[str]:
    """Yield how the first bad candidate differs from the last good one."""
    bad = bisected.asked[bisected.found.first_bad]
    yield from map(str, bad.problems)
    yield from (f"cause: {cause}" for cause in bad.causes)


def _wire(bisected: Bisected, width: int) -> Iterator[str]:
    good, bad = bisected.found.last_good, bisected.found.first_bad
    if bisected.wire is None:
        yield from paragraph(f"wire: {bisected.why_no_wire}", width)
        return
    if bisected.wire.equal:
        yield "wire: the same, except for times and assigned numbers"
        return
    yield f"wire: - {bisected.names[good]}, + {bisected.names[bad]}"
    yield from (line for text in bisected.wire.encodings for line in paragraph(text, width, indent=2))
    lines = [printable(f"  {line}") for line in bisected.wire.shortened()]
    yield from (cut(line, width) for line in lines[:MOST_LINES])
    cells = [bisected.asked[number].cell for number in (good, bad)]
    left = f"{counted(len(lines) - MOST_LINES, 'more line')}: " if len(lines) > MOST_LINES else "all of it: "
    yield f"{left}ib-compat diff '{cells[0]}' '{cells[1]}' --run {bisected.runs[good]} --other-run {bisected.runs[bad]}"


def bisected_document(bisected: Bisected) -> dict[str, Any]:
    """The answer as plain JSON data."""
    found, names = bisected.found, bisected.names
    is_found = found.end is End.FOUND
    return {
        "end": found.end,
        "candidates": list(names),
        "last_good": names[found.last_good] if is_found else None,
        "first_bad": names[found.first_bad] if is_found else None,
        "between": [names[number] for number in found.between],
        "asked": [
            {"name": names[number], "folder": bisected.runs[number], **judgement_document(judgement)}
            for number, judgement in bisected.asked.items()
        ],
        "wire": document(bisected.wire) if bisected.wire else None,
    }
