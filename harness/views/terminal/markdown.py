"""Writes ``grid.md``: the summary as Markdown, for a repository, an issue or a job summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import tabulate

from harness.views.terminal.cell_words import reds
from harness.views.terminal.grid import client_range, column_header, square
from harness.views.terminal.style import Style
from harness.views.terminal.summary import counts_line, legend, note_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Red

_STYLE = Style(unicode=True, colour=False)


def draw_markdown(results: Results) -> str:
    """The page in GitHub's Markdown; paths are relative to the run's folder, which contains it."""
    parts = [f"# {results.run.id}", counts_line(results), grid_table(results), bullets(legend(results, _STYLE))]
    parts += [bullets(note_lines(results))]
    parts += [_red(red) for red in reds(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


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
