"""Writes ``index.html`` into a run's folder."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from harness.diagnose.host.hiding import without_homes
from harness.results.results_files import fit_to_share
from harness.results.run_folder import PAGE, write_atomically
from harness.shared.status import Status
from harness.views.page.island import as_json, policy
from harness.views.page.page_data import document
from harness.views.page.page_table import glyph, table_of
from harness.views.page.shared_texts import shown
from harness.views.page.times_by_version import by_column, by_row
from harness.views.terminal.cell_words import reds
from harness.views.terminal.style import MEANINGS
from harness.views.terminal.summary import counts_line, ending, note_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.results.results_model import Results

_ASSETS = files(__package__) / "assets"
_SCRIPTS = ("data", "words", "state", "grid", "filters", "square", "evidence", "dialog", "compare", "times", "start")
"""Parts of the one script, in the order in which they stand in it."""

_REDS = 200
"""Groups of red squares that are told below the grid; grid.md has all, and every square opens."""


def write_page(results: Results, folder: Path) -> Path:
    """Write the page of a run into its folder and return its path; raises ResultsError where it cannot be written."""
    file = folder / PAGE
    write_atomically(file, render(results, folder))
    return file


def render(results: Results, folder: Path) -> str:
    """Return the page as HTML, without home folders; ``folder`` is the run's: its evidence, the runs beside it."""
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
        "counts": shown(counts_line(results)),
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


def _ending(results: Results) -> Iterator[tuple[str, str, list[str], str, str]]:
    """Yield the day, the lowest version that works then, the gateways that end, who says so, and when it was seen."""
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
