"""Lays out the grid as a table: headings, and squares in their order.

A run has thousands of squares. What many of them share is stored once and referenced by number.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Status
from harness.views.terminal.grid import client_range, column_header
from harness.views.terminal.style import Style, is_red, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.results_model import CellInfo, Results

T = TypeVar("T", bound=Hashable)


class Shared(Generic[T]):
    """Values by number, each kept once."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        """Return the number of a value, which it gets when it is first met."""
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[T]:
        """Every value, at its number."""
        return list(self._numbers)


class Strings(Shared[str]):
    """Texts by number, without characters that move a cursor, change the direction of writing, or are invalid."""

    def text(self, text: str | None) -> int | None:
        """Return the number of a text; nothing for none."""
        return None if text is None else self.number(shown(text))


def shown(text: str) -> str:
    """Return the text as a page shows it: characters that cannot be printed are replaced."""
    return printable(text.replace("\t", "    "))


_CLOCK = "◷"
"""Used in place of the terminal's hourglass, which few browser fonts have."""

_HEAD_LINES = 7
"""The most lines of a column's heading, which stays visible above the squares; a tooltip has the whole name."""

_DAY = len("2026-12-15")


def glyph(status: Status) -> str:
    """Return the character that stands for a status on the page."""
    return _CLOCK if status is Status.TIMEOUT else Style().glyph(status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A library version on a Python: ``key`` is the row's id, ``speaks`` the protocol versions that it announces."""

    key: str
    library: str
    version: str
    python: str
    speaks: str
    squares: tuple[Square | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A gateway: its head, line by line, and the day on which it is desupported.

    A ``usual`` head is product, version and mode, one below the other; any other is the name.
    """

    name: str
    lines: tuple[str, ...]
    until: str | None
    usual: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A cell: ``word`` is its status and the stage where it stopped, ``looks`` the names of its style classes."""

    cell: str
    row: int
    column: int
    info: CellInfo

    @property
    def version(self) -> str:
        """The negotiated version, with a mark if some checks cannot be asked at it."""
        if self.info.negotiated is None:
            return ""
        return f"{self.info.negotiated}{'∅' if self.info.unsupported else ''}"

    @property
    def word(self) -> str:
        """``pass``, ``fail import``."""
        stage = self.info.stage if is_red(self.info.status) or self.info.status is Status.UNSUPPORTED else None
        return shown(f"{self.info.status} {stage.replace('_', ' ')}" if stage else str(self.info.status))

    @property
    def looks(self) -> str:
        """The status, and whether nobody expected it."""
        unexpected = self.info.expected.verdict is not Verdict.AS_EXPECTED
        return f"{self.info.status} unexpected" if unexpected else str(self.info.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The grid; squares are numbered from left to right and from the top down."""

    rows: tuple[Row, ...]
    columns: tuple[Column, ...]

    @property
    def squares(self) -> Iterator[Square]:
        """Yield every square, by its number."""
        for row in self.rows:
            yield from (square for square in row.squares if square)


def table_of(results: Results) -> Table:
    """Lay a run's cells out: rows in the order of the plan, columns in the order of the matrix file."""
    of_row: dict[str, dict[str, tuple[str, CellInfo]]] = {}
    for cell_id, cell in results.cells.items():
        of_row.setdefault(cell.row, {})[cell.gateway] = (cell_id, cell)
    names = list(results.gateways)
    rows = (_row(number, key, found, names) for number, (key, found) in enumerate(of_row.items()))
    return Table(rows=tuple(rows), columns=tuple(_column(name, results) for name in names))


def _row(number: int, key: str, found: dict[str, tuple[str, CellInfo]], names: list[str]) -> Row:
    cells = [cell for _, cell in found.values()]
    return Row(
        key=shown(key),
        library=shown(cells[0].library),
        version=shown(cells[0].requested.version),
        python=shown(cells[0].python),
        speaks=client_range(cells),
        squares=tuple(
            Square(cell=found[name][0], row=number, column=column, info=found[name][1]) if name in found else None
            for column, name in enumerate(names)
        ),
    )


def _column(name: str, results: Results) -> Column:
    gateway = results.gateways[name]
    lines = column_header(name, gateway).splitlines()
    if len(lines) > _HEAD_LINES:
        lines[_HEAD_LINES - 1 :] = ["…"]
    until = shown(gateway.desupport.date)[:_DAY] if gateway.desupport else None
    return Column(
        name=shown(name),
        lines=tuple(shown(line) for line in lines),
        until=until,
        usual=name == f"{gateway.product}-{gateway.version}-{gateway.mode}",
    )
