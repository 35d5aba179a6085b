"""What became of the squares since earlier runs of the same matrix: the page shows it without their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.results.compare import Kind, compare
from harness.results.compare.cell_differences import standing
from harness.results.results_files import read_results
from harness.results.run_folder import RESULTS
from harness.shared.errors import ResultsError
from harness.views.page.page_table import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.results.compare import Change
    from harness.results.results_model import Results
    from harness.views.page.page_table import Strings, Table

RUNS = 10
BYTES = 64_000_000
"""Of the earlier runs' results together: reading more would take longer than a page is worth."""

PHRASES = 8
"""Of what differs in one square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Earlier runs of a results folder, the newest first; how many are too large together; which cannot be read."""

    runs: tuple[dict[str, Any], ...]
    left_out: int = 0
    unreadable: tuple[str, ...] = ()


def earlier_runs(results: Results, folder: Path, table: Table, strings: Strings) -> Earlier:
    """Hold the run against those before it that ran the same matrix file; what cannot be read is named.

    A run's record has ``id``, ``started``, ``unlike`` (why it may not be the same question), ``unchanged`` (a count),
    and ``changes``: cell, kind, whether it got better (1) or worse (-1), how it stood before, what differs.
    """
    numbers = {square.cell: number for number, square in enumerate(table.squares)}
    found: list[dict[str, Any]] = []
    unreadable: list[str] = []
    room, left_out = BYTES, 0
    for file in _files(folder, results.run.id):
        if len(found) == RUNS:
            break
        room -= file.stat().st_size
        if room < 0:
            left_out += 1
            continue
        before = _read(file.parent)
        if before is None:
            unreadable.append(shown(file.parent.name))
        elif before.run.matrix == results.run.matrix:
            found.append(_record(before, results, numbers, strings))
    return Earlier(runs=tuple(found), left_out=left_out, unreadable=tuple(unreadable))


def _files(folder: Path, run: str) -> Iterator[Path]:
    """Yield the results of runs whose names sort before this run's, the newest first: names begin with the time."""
    names = (file for file in folder.parent.glob(f"*/{RESULTS}") if not file.parent.is_symlink())
    yield from sorted(
        (file for file in names if file.parent.name < run), key=lambda file: file.parent.name, reverse=True
    )


def _read(folder: Path) -> Results | None:
    try:
        return read_results(folder)
    except ResultsError:
        return None


def _record(before: Results, after: Results, numbers: dict[str, int], strings: Strings) -> dict[str, Any]:
    compared = compare(before, after)
    changes = [_change(change, numbers, strings) for change in compared.changes if change.kind is not Kind.UNCHANGED]
    return {
        "id": before.run.id,
        "started": before.run.started.isoformat(),
        "unlike": [strings.text(phrase) for phrase in compared.unlike],
        "unchanged": len(compared.of(Kind.UNCHANGED)),
        "changes": changes,
    }


def _change(change: Change, numbers: dict[str, int], strings: Strings) -> list[Any]:
    better = int(change.improvement) - int(change.regression)
    before = standing(change.before) if change.before else None
    what = (*change.what[:PHRASES], *change.notes)
    place = numbers.get(change.cell)
    return [
        strings.text(change.cell) if place is None else None,
        place,
        str(change.kind),
        better,
        strings.text(before),
        [strings.text(phrase) for phrase in what],
    ]
