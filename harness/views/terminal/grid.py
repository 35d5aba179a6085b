"""Draws the grid: rows are library versions, columns are gateways, squares say how far each got."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabulate import SEPARATING_LINE, tabulate

from harness.shared.status import Status
from harness.views.terminal.style import Style, is_red

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.results.results_model import CellInfo, GatewayInfo, Results

LEAST_WIDTH = 48
"""The narrowest grid: a label, the client's range and one column."""

_LABEL = 18
_HEADER = 12
_SQUARE = 8
_GAP = 2
"""Between columns, in tabulate's ``simple`` format."""

_SHORT = {
    "account_summary": "account",
    "account_updates": "updates",
    "account_updates_multi": "multi",
    "completed_orders": "done",
    "current_time": "time",
    "executions": "execs",
    "open_orders": "orders",
}
"""Names of checks that are too long for a square."""


@dataclass(frozen=True, slots=True)
class Column:
    """Lines of text with a width: a header, then one entry a row."""

    header: str
    entries: tuple[str, ...]
    width: int

    @classmethod
    def of(cls, header: str, entries: Sequence[str], plain: Sequence[str]) -> Column:
        """``plain`` are the entries without colour, for the width."""
        lines = [line for text in (header, *plain) for line in text.splitlines()]
        return cls(header, tuple(entries), max(map(len, lines), default=0))


def draw_grid(results: Results, *, width: int, style: Style) -> str:
    """The grid in blocks of columns, each no wider than ``width`` characters (``LEAST_WIDTH`` at least)."""
    rows = list(dict.fromkeys(cell.row for cell in results.cells.values()))
    heads = _heads(results, rows)
    columns = [_column(results, rows, name, style) for name in results.gateways]
    return draw_columns(heads, columns, width, style)


def draw_columns(heads: list[Column], columns: list[Column], width: int, style: Style) -> str:
    """Columns in blocks, each with the headings before it and no wider than ``width`` (``LEAST_WIDTH`` at least)."""
    blocks = _blocks(heads, columns, max(width, LEAST_WIDTH))
    return "\n\n".join(style.plain(_draw([*heads, *block])) for block in blocks)


def short_stage(stage: str) -> str:
    """A check's name as squares show it, no longer than a header of its column."""
    return _SHORT.get(stage, stage)[:_HEADER]


def client_range(cells: Sequence[CellInfo]) -> str:
    """The versions that a row's library announces, as ``157-178``; empty if it never got so far."""
    ranges = (cell.client_range for cell in cells)
    found = next((announced for announced in ranges if announced), None)
    return f"{found.min}-{found.max}" if found else ""


def _heads(results: Results, rows: list[str]) -> list[Column]:
    of_row: dict[str, list[CellInfo]] = {row: [] for row in rows}
    for cell in results.cells.values():
        of_row[cell.row].append(cell)
    several = len({cell.python for cell in results.cells.values()}) > 1
    labels = [_label(of_row[row][0], several=several) for row in rows]
    ranges = [client_range(of_row[row]) for row in rows]
    return [Column.of("library", labels, labels), Column.of("client\nspeaks", ranges, ranges)]


def _label(cell: CellInfo, *, several: bool) -> str:
    """Library and version, with the Python if the run has several; on several lines if long."""
    python = f" py{cell.python}" if several else ""
    text = f"{cell.library} {cell.requested.version}{python}"
    return "\n".join(textwrap.wrap(text, _LABEL))


def _column(results: Results, rows: list[str], gateway: str, style: Style) -> Column:
    plain, painted = [], []
    for row in rows:
        cell = results.cells.get(f"{row}/{gateway}")
        lines = _fold(square(cell, style)) if cell else [""]
        plain.append("\n".join(lines))
        painted.append("\n".join(style.paint(line, cell.status) for line in lines) if cell else "")
    return Column.of(column_header(gateway, results.gateways[gateway]), painted, plain)


def column_header(name: str, gateway: GatewayInfo) -> str:
    """Product, version and mode on a line each, or the name if it differs; then its own maximum."""
    if name == f"{gateway.product}-{gateway.version}-{gateway.mode}":
        lines = [gateway.product, gateway.version, gateway.mode]
    else:
        lines = textwrap.wrap(name, _HEADER)
    if gateway.server_version is not None:
        lines.append(f"≤ {gateway.server_version}")
    return "\n".join(line[:_HEADER] for line in lines)


def square(cell: CellInfo, style: Style) -> str:
    """``✓ 178``, ``✗ import``, ``≈ 178 orders``; ``(✗) import`` if expected, ``✓ 178∅`` with unsupported checks."""
    mark = style.mark(cell.status, cell.expected.verdict)
    lacks = style.glyph(Status.UNSUPPORTED) if cell.unsupported else ""
    version = "" if cell.negotiated is None else f"{cell.negotiated}{lacks}"
    told = is_red(cell.status) or cell.status is Status.UNSUPPORTED or not version
    stage = short_stage(cell.stage or "") if told else ""
    return " ".join(word for word in (mark, version, stage) if word)


def _fold(text: str) -> list[str]:
    """A square, on two lines if one line would make its column wide."""
    return [text] if len(text) <= _SQUARE else text.rsplit(" ", maxsplit=1)


def _blocks(heads: list[Column], columns: list[Column], width: int) -> list[list[Column]]:
    """The columns in as few blocks as fit beside the headings, of equal size if possible."""
    room = width - sum(head.width + _GAP for head in heads)
    fewest = _filled(columns, room, len(columns))
    alike = _filled(columns, room, math.ceil(len(columns) / max(len(fewest), 1)))
    return alike if len(alike) == len(fewest) else fewest


def _filled(columns: list[Column], room: int, most: int) -> list[list[Column]]:
    """Blocks with at most ``most`` columns that fit the room; a single column may be wider."""
    blocks: list[list[Column]] = []
    left = 0
    for column in columns:
        left -= column.width + _GAP
        if not blocks or left < 0 or len(blocks[-1]) == most:
            blocks.append([])
            left = room - column.width
        blocks[-1].append(column)
    return blocks


def _draw(columns: list[Column]) -> str:
    headers = [column.header for column in columns]
    rows = zip(*(column.entries for column in columns), strict=True)
    # The header is drawn as a row: tabulate pads real headers, and that costs a column of the 80.
    return tabulate([headers, SEPARATING_LINE, *rows], tablefmt="simple", disable_numparse=True)
