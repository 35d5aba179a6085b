"""Writes ``index.html`` into a run's folder.

The HTML file contains data and code. Both are escaped, so that nothing in them can end its element, and pinned by hash.
It contains connect times by library version and by gateway as numbers, beside which the page draws dots.
"""

from __future__ import annotations

import base64
import hashlib
import json
import statistics
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from harness.diagnose.host.hiding import without_homes
from harness.results.compare.cell_differences import connect_seconds
from harness.results.results_files import fit_to_share
from harness.results.run_folder import PAGE, write_atomically
from harness.shared.status import Status
from harness.views.page.page_data import document
from harness.views.page.page_table import glyph, shown, table_of
from harness.views.page.program_table import programs_of
from harness.views.terminal.cell_words import reds
from harness.views.terminal.program_grid import programs_line
from harness.views.terminal.style import MEANINGS
from harness.views.terminal.summary import counts_line, ending, note_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harness.results.results_model import Results
    from harness.views.page.page_table import Square, Table

_ASSETS = files(__package__) / "assets"
_SCRIPTS = ("data", "words", "state", "grid", "filters", "square", "evidence", "dialog", "compare", "times", "start")
"""Parts of the one script, in their order."""

_REDS = 200
"""The most groups of red squares below the grid; grid.md has all of them, and every square can be opened."""


def write_page(results: Results, folder: Path) -> Path:
    """Write the page of a run into its folder, and return its path.

    Raises:
        ResultsError: it cannot be written.
    """
    file = folder / PAGE
    write_atomically(file, render(results, folder))
    return file


def render(results: Results, folder: Path) -> str:
    """Return the page as HTML, without home folders.

    Args:
        results: the results of the run.
        folder: the folder of the run, with its evidence in it and earlier runs beside it.
    """
    results = fit_to_share(results)
    script, style = _script(), (_ASSETS / "page.css").read_text("utf-8")
    return _template().render(
        _content(results, folder),
        policy=policy(script=script, style=style),
        script=Markup(script),  # noqa: S704 - our own
        style=Markup(style),  # noqa: S704 - our own
    )


def _content(results: Results, folder: Path) -> dict[str, Any]:
    table = table_of(results)
    return {
        "run": results.run,
        "table": table,
        "statuses": [(str(status), glyph(status), MEANINGS[status], count) for status, count in _counts(results)],
        "programs": programs_of(results),
        "alone": bool(results.programs) and not results.cells,
        "counts": [shown(line) for line in _sums(results)],
        "notes": [shown(line) for line in note_lines(results)],
        "desupported": list(_ending(results)),
        "reds": list(islice(reds(results), _REDS)),
        "reds_left": max(len(reds(results)) - _REDS, 0),
        "absent": len(results.plan.absent),
        "times": [("library version", by_row(table)), ("gateway", by_column(table))],
        "data": Markup(without_homes(as_json(document(results, folder, table)))),  # noqa: S704 - it stays JSON
    }


def _counts(results: Results) -> Iterator[tuple[Status, int]]:
    for status in Status:
        if status in results.run.counts:
            yield status, results.run.counts[status]


def _sums(results: Results) -> Iterator[str]:
    """Yield the counts of cells, and those of programs; of cells not, if there are programs alone."""
    if results.cells or not results.programs:
        yield counts_line(results)
    if results.programs:
        yield programs_line(results)


def _ending(results: Results) -> Iterator[tuple[str, str, list[str], str, str]]:
    """Yield for each end of support: the day, the lowest version that works then, the gateways, source, day seen."""
    for notice, names in ending(results):
        source, seen = shown(notice.source or ""), shown(notice.seen or "")
        yield notice.date, shown(notice.minimum), [shown(name) for name in names], source, seen


def _script() -> str:
    return "".join((_ASSETS / f"{part}.js").read_text("utf-8") for part in _SCRIPTS)


@cache
def _template() -> Template:
    """Return the page's template; to compile it takes longer than to fill it in."""
    return _environment().from_string((_ASSETS / "page.html.j2").read_text("utf-8"))


def _environment() -> Environment:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["shown"] = lambda value: shown(str(value))
    environment.filters["ms"] = lambda seconds: f"{seconds * 1000:,.1f}"
    return environment


_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def as_json(document: object) -> Markup:
    """Return JSON that is safe inside a ``<script>``; parsing it returns the document.

    The characters that HTML or older JavaScript would act upon occur only in texts, for which JSON has escapes.
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704 - made safe just above


def source_hash(text: str) -> str:
    """Return the source expression by which a Content-Security-Policy allows this script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(*, script: str, style: str) -> str:
    """Return a Content-Security-Policy: this script, this style, an empty icon, and nothing from anywhere else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {source_hash(script)}",
            f"style-src {source_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Connect times of a row or a column, in seconds; ``number`` is its place in the grid."""

    name: str
    number: int
    seconds: tuple[float, ...]
    without: int
    """How many squares did not connect, or were degraded on the way."""

    @property
    def fastest(self) -> float:
        """The shortest, in seconds."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)

    @property
    def slowest(self) -> float:
        """The longest, in seconds."""
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
