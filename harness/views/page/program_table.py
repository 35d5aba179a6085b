"""Lays out the programs of a run for its page: a table of their own, what needs words, and what each cell asked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from harness.plan.matrix.expect import Verdict
from harness.results.compare.program_changes import standing_of_program
from harness.shared.status import Finding
from harness.views.page.page_table import shown
from harness.views.terminal.observed_page import observed_of_cell
from harness.views.terminal.program_grid import (
    all_difference_lines,
    headline,
    program_cells,
    program_header,
    standing_words,
    told_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.program_results import ProgramCell
    from harness.results.results_model import Results

_DIFFERENCES = 50
"""The most differences of a cell on the page; results.json has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSquare:
    """A cell of a program: ``looks`` are the names of its style classes, ``does`` what a reader is told of it."""

    cell: ProgramCell

    @property
    def looks(self) -> str:
        """The status, and whether nobody expected it."""
        unexpected = self.cell.expected is not Verdict.AS_EXPECTED
        return f"{self.cell.status} unexpected" if unexpected else str(self.cell.status)

    @property
    def version(self) -> str:
        """The negotiated server versions."""
        return " ".join(map(str, self.cell.server_versions))

    @property
    def word(self) -> str:
        """``same, today``, ``different, expected``, ``nobody can tell (fails)``."""
        known = self.cell.rule is not None and self.cell.expected is Verdict.AS_EXPECTED
        parts = (standing_of_program(self.cell), "expected" if known else "", "today" if self.cell.today else "")
        return ", ".join(filter(None, parts))

    @property
    def does(self) -> str:
        """How it stands, in words."""
        return shown(standing_words(self.cell))

    @property
    def requests(self) -> list[str]:
        """``2 req_positions: answered``, each request by what came of it."""
        return [shown(f"{each.count} {each.name}: {each.outcome}") for each in self.cell.requests]

    @property
    def took(self) -> list[str]:
        """``0.31 s of CPU time``, ``41 MiB``, as far as the system said it."""
        cpu, peak = self.cell.cpu_seconds, self.cell.peak_bytes
        found = ("" if cpu is None else f"{cpu:.2f} s of CPU time", "" if peak is None else f"{peak / 2**20:.0f} MiB")
        return list(filter(None, found))

    @property
    def cautions(self) -> list[str]:
        """What goes wrong whoever answers, and what its library makes of errors that mean something else."""
        return [shown(each) for each in self.cell.cautions]

    @property
    def observed(self) -> list[str]:
        """What was noted inside it; empty if nobody asked for that."""
        return [shown(each) for each in observed_of_cell(self.cell)]

    @property
    def files(self) -> list[tuple[str, str]]:
        """The name of each file that it left, and its address from the run's folder."""
        return [(shown(PurePosixPath(each).name), quote(each.lstrip("/"))) for each in self.cell.artifacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRow:
    """A program, with a library if that is varied; a square for each column, or none."""

    name: str
    squares: tuple[ProgramSquare | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOf:
    """Cells of a program that have the same to say, and that."""

    looks: str
    headline: str
    reason: str
    differences: tuple[str, ...]
    left_out: int
    output: str
    cells: tuple[ProgramCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTable:
    """The programs of a run; ``columns`` have the name of each gateway and the lines of its head."""

    columns: tuple[tuple[str, tuple[str, ...]], ...]
    rows: tuple[ProgramRow, ...]
    told: tuple[ToldOf, ...]


def programs_of(results: Results) -> ProgramTable:
    """Lay the programs of a run out; without programs there are no rows."""
    found = {(cell.row, cell.gateway): ProgramSquare(cell=cell) for cell in program_cells(results)}
    gateways = list(dict.fromkeys(gateway for _, gateway in found))
    return ProgramTable(
        columns=tuple((shown(name), tuple(shown(program_header(results, name)).splitlines())) for name in gateways),
        rows=tuple(
            ProgramRow(name=shown(row), squares=tuple(found.get((row, gateway)) for gateway in gateways))
            for row in dict.fromkeys(row for row, _ in found)
        ),
        told=tuple(_told(results)),
    )


def _told(results: Results) -> Iterator[ToldOf]:
    for cells in told_of(results):
        first = cells[0]
        yield ToldOf(
            looks=str(first.status),
            headline=shown(headline(cells)),
            reason=shown(first.reason),
            differences=tuple(map(shown, islice(all_difference_lines(first), _DIFFERENCES))),
            left_out=max(len(first.differences) - _DIFFERENCES, 0),
            output=shown(first.output) if first.finding is not Finding.SAME else "",
            cells=tuple(cells),
        )
