"""The page of ``ib-compat why``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.views.terminal.cell_words import words_of
from harness.views.terminal.expectation_text import claim
from harness.views.terminal.margin import beside, wrapped
from harness.views.terminal.verdict_text import in_full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.views.terminal.cell_explained import Explanation
    from harness.views.terminal.cell_seen import Seen
    from harness.views.terminal.style import Style


def draw_why(explained: Explanation, *, width: int, style: Style) -> str:
    """The explanation in sections for a terminal of ``width`` characters; paths and commands stay on one line."""
    return "\n".join(style.plain(line) for line in _lines(explained, width))


def _lines(explained: Explanation, width: int) -> Iterator[str]:
    yield explained.cell
    yield from beside("plan", _in_words(_plan(explained), width))
    if explained.planned:
        yield from beside("checks", wrapped(", ".join(explained.planned.checks), width))
        yield from beside("not asked", _in_words(_not_asked(explained), width))
        yield from beside("expected", _expected(explained, width))
    yield from beside("seen", _seen(explained.seen, width))
    yield from beside("rerun", [explained.rerun] if explained.rerun else [])


def _in_words(sentences: Iterator[str], width: int) -> Iterator[str]:
    for sentence in sentences:
        yield from wrapped(sentence, width)


def _plan(explained: Explanation) -> Iterator[str]:
    planned, matrix = explained.planned, explained.matrix
    if planned is None:
        yield f"not in the plan of {matrix}: {explained.absent}"
    elif planned.skip is not None:
        yield f"planned by {matrix}, and skipped: {planned.skip}"
    else:
        yield f"asked by {matrix}, as client id {planned.client_id}"
    if planned is not None and planned.kept is not None:
        yield planned.kept


def _not_asked(explained: Explanation) -> Iterator[str]:
    of_reason: dict[str, list[str]] = {}
    for check, reason in explained.not_asked.items():
        of_reason.setdefault(reason, []).append(check)
    for reason, checks in of_reason.items():
        yield f"{', '.join(checks)}: {reason}"


def _expected(explained: Explanation, width: int) -> Iterator[str]:
    for rule in explained.rules:
        due = "was to be" if rule.overdue else "to be"
        yield from wrapped(f"[[expect]] {rule.rule}: {claim(rule.status, rule.check)}", width)
        yield from wrapped(rule.reason, width)
        yield f"since {rule.since}, {due} reviewed by {rule.review}"
        yield from [rule.link] if rule.link else []
    yield "pass of everything else" if explained.rules else "pass"


def _seen(seen: Seen | str, width: int) -> Iterator[str]:
    if isinstance(seen, str):
        yield from wrapped(seen, width)
        return
    yield from _in_words(_standing(seen), width)
    if seen.cell.diagnosis is not None:
        yield from _in_words(in_full(seen.cell.diagnosis), width)
    yield from wrapped(f"in run {seen.results.run.id} of {seen.results.run.matrix}:", width)
    yield from seen.files or ["no evidence was left"]


def _standing(seen: Seen) -> Iterator[str]:
    cell, words = seen.cell, words_of(seen.cell, seen.rules)
    yield words.standing
    if cell.negotiated is not None:
        yield f"negotiated server version {cell.negotiated}"
    if cell.reason is not None:
        yield words.reason
    yield from words.also
    if cell.unsupported:
        yield f"unsupported: {', '.join(cell.unsupported)}"
