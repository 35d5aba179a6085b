"""Draws how the cells of programs changed from one run to another, and gives it as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.results.compare import Kind
from harness.results.compare.program_changes import is_well, standing_of_program
from harness.shared.amounts import counted
from harness.views.terminal.style import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.results.compare import ProgramChange
    from harness.results.program_results import ProgramCell

_WORDS = {Kind.ADDED: "added", Kind.GONE: "deleted", Kind.CHANGED: "changed", Kind.UNCHANGED: "unchanged"}


def program_change_lines(changes: Sequence[ProgramChange], width: int, *, whole: bool) -> Iterator[str]:
    """Yield the changes of programs, regressions first, and their counts; nothing without programs.

    Args:
        changes: the changes.
        width: the width of the terminal.
        whole: name every cell, the unchanged too.
    """
    for alike in _alike(change for change in changes if whole or change.kind is not Kind.UNCHANGED):
        first = alike[0]
        many = f", {counted(len(alike), 'cell')}" if len(alike) > 1 else ""
        yield ""
        yield f"{first.kind.letter} {_headline(first)}{many}"
        for words in first.what:
            yield from paragraph(words, width, indent=4)
        yield from (f"  {change.cell}" for change in alike)
    if changes:
        yield ""
        yield _counts(changes)


def _alike(changes: Iterable[ProgramChange]) -> list[list[ProgramChange]]:
    groups: dict[object, list[ProgramChange]] = {}
    for change in changes:
        groups.setdefault((_headline(change), change.what), []).append(change)
    return list(groups.values())


def _headline(change: ProgramChange) -> str:
    if change.regression:
        return "regression of a program" if change.after is not None else "regression of a program: deleted"
    if change.kind is Kind.ADDED and change.after is not None:
        unexpectedly = ", unexpectedly" if change.after.answers and not is_well(change.after) else ""
        return f"program added: {standing_of_program(change.after)}{unexpectedly}"
    if change.kind is Kind.GONE and change.before is not None:
        return f"program deleted: was {standing_of_program(change.before)}"
    return f"{'improvement of a program' if change.improvement else f'program {_WORDS[change.kind]}'}"


def _counts(changes: Sequence[ProgramChange]) -> str:
    """``Programs: 1 regression, 0 improvements; 0 added, 0 deleted, 1 changed, 3 unchanged.``."""
    worse, better = (sum(getattr(each, name) for each in changes) for name in ("regression", "improvement"))
    kinds = ", ".join(f"{sum(each.kind is kind for each in changes)} {word}" for kind, word in _WORDS.items())
    return f"Programs: {counted(worse, 'regression')}, {counted(better, 'improvement')}; {kinds}."


def program_changes_document(changes: Sequence[ProgramChange]) -> list[dict[str, Any]]:
    """The changes of programs as JSON data; every cell of a program in either run is in it."""
    return [
        {
            "cell": change.cell,
            "kind": change.kind,
            "regression": change.regression,
            "improvement": change.improvement,
            "what": list(change.what),
            "before": _cell(change.before),
            "after": _cell(change.after),
        }
        for change in changes
    ]


def _cell(cell: ProgramCell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    return {"status": cell.status, "finding": cell.finding, "reason": cell.reason, "expected": cell.expected}
