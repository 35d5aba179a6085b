"""Draws what was noted inside programs, and how soon and how much their gateway spoke. Nothing is judged by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.views.terminal.style import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.programs.answer import Answer
    from harness.programs.program import Ran
    from harness.results.program_results import ProgramCell

_MOST_SHOWN = 10
"""Notes that are shown of a run; the rest are counted."""


def pace_rows(runs: Sequence[Ran]) -> Iterator[tuple[str, ...]]:
    """Yield how long each run took until it could begin, and how much its gateway said."""
    asked = [ran.asked for ran in runs]
    if any(each.ready_after is not None for each in asked):
        yield "ready", *("" if each.ready_after is None else f"after {each.ready_after:.2f} s" for each in asked)
        rates = [each.heard_each_second for each in asked]
        yield "messages", *("" if each is None else f"{each:.0f} a second" for each in rates)


def note_lines(runs: Sequence[Ran], width: int) -> Iterator[str]:
    """Yield what was noted in each run; of runs in which the same was, once."""
    found: dict[tuple[str, ...], list[str]] = {}
    for ran in runs:
        if ran.observed is not None:
            found.setdefault(ran.observed.words, []).append(ran.side)
    for words, sides in found.items():
        yield ""
        yield from paragraph(f"Observed with {', '.join(sides)}:", width, hanging=0)
        yield from (line for each in shortened(words) for line in paragraph(each, width, indent=2))


def shortened(words: Sequence[str]) -> Iterator[str]:
    """Yield the first of some notes, and how many more there are; that there is none, if so."""
    yield from words[:_MOST_SHOWN] or ["nothing"]
    if len(words) > _MOST_SHOWN:
        yield f"and {len(words) - _MOST_SHOWN} more"


def remark_lines(answer: Answer, width: int) -> Iterator[str]:
    """Yield what was noted with one side alone."""
    sides = ((answer.only_today, answer.today.side), (answer.only_then, answer.then.side))
    for notes, side in sides:
        for note in notes:
            yield ""
            yield from paragraph(f"Only with {side}, it {note.words}", width)


def observed_document(ran: Ran) -> dict[str, Any]:
    """What was noted in a run, as data."""
    seen = ran.observed
    return {
        "observed": None if seen is None else {"began": seen.began, "notes": [each.words for each in seen.notes]},
        "ready_seconds": ran.asked.ready_after,
        "messages_per_second": ran.asked.heard_each_second,
    }


def observed_of_cell(cell: ProgramCell) -> Iterator[str]:
    """Yield what was noted in a cell's program, and what of it is otherwise with what it has today."""
    if cell.observed is not None:
        yield from shortened(cell.observed.notes) if cell.observed.began else ["not observed"]
        yield from _otherwise(cell)


def pace_of_cell(cell: ProgramCell) -> Iterator[str]:
    """Yield how long its program took until it could begin, and how much the gateway said."""
    if cell.ready_seconds is not None:
        yield f"ready after {cell.ready_seconds:.2f} s"
    if cell.messages_per_second is not None:
        yield f"{cell.messages_per_second:.0f} messages of the gateway a second"


def _otherwise(cell: ProgramCell) -> Iterator[str]:
    if cell.observed is not None:
        yield from (f"only here: it {each}" for each in cell.observed.only_here)
        yield from (f"only with what it has today: it {each}" for each in cell.observed.only_today)


def observed_otherwise(cells: Iterable[ProgramCell], width: int) -> Iterator[str]:
    """Yield what was noted in some cells otherwise than with what their program has today."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        for words in _otherwise(cell):
            found.setdefault(f"{cell.row}: {words}", []).append(cell.gateway)
    if found:
        yield ""
        yield "Observed otherwise than with what it has today, which decides nothing:"
    for words, gateways in found.items():
        yield from paragraph(f"{words} ({', '.join(gateways)})", width, indent=2, hanging=2)
