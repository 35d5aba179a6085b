"""Connect times by library version and by gateway: as numbers, beside which the page draws a dot for each square."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.results.compare.cell_differences import connect_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.views.page.page_table import Square, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Connect times of a row or a column, in seconds; ``number`` is its place in the grid."""

    name: str
    number: int
    seconds: tuple[float, ...]
    without: int
    """Squares that never came so far, or were degraded on the way."""

    @property
    def fastest(self) -> float:
        """The shortest."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """As many squares were faster as were slower."""
        return statistics.median(self.seconds)

    @property
    def slowest(self) -> float:
        """The longest."""
        return max(self.seconds)


def by_row(table: Table) -> list[Times]:
    """Return the times of each library version."""
    names = [f"{row.library} {row.version} py{row.python}" for row in table.rows]
    return list(_times(table, names, lambda square: square.row))


def by_column(table: Table) -> list[Times]:
    """Return the times of each gateway."""
    names = [column.name for column in table.columns]
    return list(_times(table, names, lambda square: square.column))


def _times(table: Table, names: list[str], place: Callable[[Square], int]) -> Iterator[Times]:
    found: list[list[float | None]] = [[] for _ in names]
    for square in table.squares:
        found[place(square)].append(connect_seconds(square.info))
    for number, (name, all_of) in enumerate(zip(names, found, strict=True)):
        seconds = tuple(each for each in all_of if each is not None)
        yield Times(name=name, number=number, seconds=seconds, without=len(all_of) - len(seconds))
