"""Draws the page of ``ib-compat compare``, and gives it as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.results.compare import Kind
from harness.results.compare.cell_differences import standing
from harness.shared.amounts import counted
from harness.views.terminal.program_changes_page import program_change_lines, program_changes_document
from harness.views.terminal.style import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.results.compare import Change, Comparison
    from harness.results.results_model import CellInfo
    from harness.views.terminal.style import Style

_SHOWN = 5
"""Most cells that are named if many changed in the same way."""

_WORDS = {Kind.ADDED: "added", Kind.GONE: "deleted", Kind.CHANGED: "changed", Kind.UNCHANGED: "unchanged"}


def draw_comparison(comparison: Comparison, *, width: int, style: Style, whole: bool = False) -> str:
    """The changes of the cells, regressions first; cells that changed in the same way are together.

    ``whole`` names every cell, the unchanged too.
    """
    return "\n".join(style.plain(line) for line in _lines(comparison, width, whole=whole))


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON data; every cell of either run is in it."""
    return {
        "before": comparison.before,
        "after": comparison.after,
        "unlike": list(comparison.unlike),
        "counts": {str(kind): len(comparison.of(kind)) for kind in Kind},
        "regressions": len(comparison.regressions),
        "improvements": len(comparison.improvements),
        "changes": [_change(change) for change in comparison.changes],
        "programs": program_changes_document(comparison.programs),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "cell": change.cell,
        "kind": change.kind,
        "regression": change.regression,
        "improvement": change.improvement,
        "what": list(change.what),
        "notes": list(change.notes),
        "before": _cell(change.before),
        "after": _cell(change.after),
    }


def _cell(cell: CellInfo | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    return {
        "status": cell.status,
        "stage": cell.stage,
        "reason": cell.reason,
        "expected": cell.expected.verdict,
        "verdict": cell.diagnosis.code if cell.diagnosis else None,
        "negotiated": cell.negotiated,
    }


def _lines(comparison: Comparison, width: int, *, whole: bool) -> Iterator[str]:
    yield f"before  {comparison.before}"
    yield f"after   {comparison.after}"
    for each in comparison.unlike:
        yield from paragraph(f"the runs differ: {each}", width)
    shown = [change for change in comparison.changes if whole or change.notes or change.kind is not Kind.UNCHANGED]
    for changes in _alike(shown):
        yield ""
        yield from _group(changes, width, whole=whole)
    if comparison.changes or not comparison.programs:
        yield ""
        yield counts_line(comparison)
    yield from program_change_lines(comparison.programs, width, whole=whole)


def counts_line(comparison: Comparison) -> str:
    """``1 regression, 2 improvements; 12 added, 0 deleted, 3 changed, 225 unchanged.``."""
    worse, better = len(comparison.regressions), len(comparison.improvements)
    kinds = ", ".join(f"{len(comparison.of(kind))} {word}" for kind, word in _WORDS.items())
    return f"{counted(worse, 'regression')}, {counted(better, 'improvement')}; {kinds}."


def _alike(changes: Iterable[Change]) -> list[list[Change]]:
    groups: dict[object, list[Change]] = {}
    for change in changes:
        groups.setdefault((_headline(change), *_phrases(change)), []).append(change)
    return list(groups.values())


def _phrases(change: Change) -> tuple[str, ...]:
    """What differs; for a regression also why it is red now."""
    if not change.regression or change.after is None or change.after.reason is None:
        return change.what
    return (*change.what, f"now: {change.after.reason}")


def _group(changes: list[Change], width: int, *, whole: bool) -> Iterator[str]:
    first = changes[0]
    many = f", {counted(len(changes), 'cell')}" if len(changes) > 1 else ""
    yield f"{first.kind.letter} {_headline(first)}{many}"
    for words in _phrases(first):
        yield from paragraph(words, width, indent=4)
    remarked_first = sorted(changes, key=lambda change: not change.notes)
    named = changes if whole else remarked_first[:_SHOWN]
    yield from (f"  {change.cell}{''.join(f'  ({note})' for note in change.notes)}" for change in named)
    if len(named) < len(changes):
        yield f"  … and {len(changes) - len(named)} more"


def _headline(change: Change) -> str:
    if change.regression:
        return "regression" if change.after is not None else "regression: deleted"
    if change.kind is Kind.ADDED and change.after is not None:
        unexpectedly = ", unexpectedly red" if change.red else ""
        return f"added: {standing(change.after)}{unexpectedly}"
    if change.kind is Kind.GONE and change.before is not None:
        return f"deleted: was {standing(change.before)}"
    return "improvement" if change.improvement else _WORDS[change.kind]
