"""Writes ``grid.md``: the summary as Markdown, for a repository, an issue or a job summary."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tabulate import tabulate

from harness.shared.status import Finding
from harness.views.terminal.cell_words import reds
from harness.views.terminal.grid import client_range, column_header, square
from harness.views.terminal.program_grid import (
    difference_lines,
    headline,
    program_cells,
    program_header,
    programs_line,
    told_of,
)
from harness.views.terminal.program_grid import square as program_square
from harness.views.terminal.style import Style, printable
from harness.views.terminal.summary import counts_line, legend, note_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.results.program_results import ProgramCell
    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Red

_STYLE = Style(unicode=True, colour=False)


def draw_markdown(results: Results) -> str:
    """The page in GitHub's Markdown; paths are relative to the run's folder, which contains it."""
    parts = [f"# {results.run.id}", counts_in_all(results)]
    if results.cells:
        parts += [grid_table(results), bullets(legend(results, _STYLE))]
    parts += [program_table(results), bullets(note_lines(results))]
    parts += [_red(red) for red in reds(results)]
    parts += [_program(cells) for cells in told_of(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def counts_in_all(results: Results) -> str:
    """The counts of cells, then those of programs; of a run with programs alone, which has no cells, the latter."""
    cells = counts_line(results) if results.cells or not results.programs else ""
    return " ".join(filter(None, (cells, programs_line(results))))


def grid_table(results: Results) -> str:
    """The grid as one table, a line each for the headers, what is under them, and every row."""
    of_row: dict[str, list[CellInfo]] = {}
    for cell in results.cells.values():
        of_row.setdefault(cell.row, []).append(cell)
    headers = [
        "row",
        "client speaks",
        *(escape(column_header(name, gateway)) for name, gateway in results.gateways.items()),
    ]
    rows = [
        [escape(row), client_range(cells), *(_square(results, row, gateway) for gateway in results.gateways)]
        for row, cells in of_row.items()
    ]
    return tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)


def _square(results: Results, row: str, gateway: str) -> str:
    cell = results.cells.get(f"{row}/{gateway}")
    return escape(square(cell, _STYLE)) if cell else ""


def program_table(results: Results) -> str:
    """The grid of programs as one table; empty without programs."""
    cells = {(cell.row, cell.gateway): cell for cell in program_cells(results)}
    gateways = dict.fromkeys(gateway for _, gateway in cells)
    rows = [
        [escape(row), *(_program_square(cells.get((row, gateway))) for gateway in gateways)]
        for row in dict.fromkeys(row for row, _ in cells)
    ]
    headers = ["program", *(escape(program_header(results, gateway)) for gateway in gateways)]
    return tabulate(rows, headers, tablefmt="pipe", disable_numparse=True) if rows else ""


def _program_square(cell: ProgramCell | None) -> str:
    return escape(program_square(cell, _STYLE)) if cell else ""


def _program(cells: list[ProgramCell]) -> str:
    return "\n\n".join((f"## {escape(headline(cells))}", *program_words(cells[0]), "\n".join(map(_files, cells))))


def program_words(cell: ProgramCell) -> Iterator[str]:
    """Yield what is told of a program's cell, each a paragraph or a list: why, what differs, the last that it wrote."""
    if cell.reason:
        yield escape(printable(cell.reason))
    if cell.differences:
        yield bullets(printable(each) for each in difference_lines(cell))
    if cell.finding is not Finding.SAME and cell.output:
        yield "The last that it wrote:"
        yield bullets(printable(line) for line in cell.output.splitlines())


def _files(cell: ProgramCell) -> str:
    files = f"[evidence](<{PurePosixPath(cell.artifacts[0]).parent}>)" if cell.artifacts else "no evidence was left"
    return f"* {escape(cell.row)} at {escape(cell.gateway)}: {files}, `{cell.rerun}`"


def bullets(lines: Iterable[str]) -> str:
    """Return a Markdown list of the lines, which are escaped."""
    return "\n".join(f"* {escape(line)}" for line in lines)


def _red(red: Red) -> str:
    words = red.words
    lines = [f"## {escape(words.headline)}", "", escape(words.reason), ""]
    lines += [line for also in words.also for line in (escape(also), "")]
    for cell_id, cell in red.cells:
        files = f"[evidence](<cells/{cell_id}>)" if cell.artifacts else "no evidence was left"
        lines.append(f"* {cell.gateway}: {files}, `{cell.rerun}`")
    return "\n".join(lines)


def escape(text: str) -> str:
    """Return the text so that Markdown and HTML show it literally, because reasons quote libraries and gateways."""
    for character in "\\`*_[]|":
        text = text.replace(character, f"\\{character}")
    text = text.replace(":", "\\:") if text.lstrip().startswith("::") else text  # no command of a job's log
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "").replace("\n", " ")
