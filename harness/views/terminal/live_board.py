"""Draws the live board on a terminal: progress, results so far, and what is running."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.shared.status import Status
from harness.views.terminal.progress import Tally, finished_line, opening
from harness.views.terminal.style import printable

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console, RenderableType

    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.judge import Judgement
    from harness.shared.evidence import CellOutcome
    from harness.views.terminal.style import Style

_SHOWN = 4
"""Running cells that are named; the rest are counted."""

_BAR = 30
_REFRESHES = 5
"""Refreshes per second; more would take processor time that the cells need."""


class Board:
    """An observer that keeps a board below the lines of finished cells, while it is entered."""

    def __init__(self, console: Console, style: Style) -> None:
        self._console = console
        self._style = style
        self._tally = Tally()
        self._running: dict[str, None] = {}
        self._coming_up: dict[str, tuple[str, float | None]] = {}
        self._live = Live(console=console, get_renderable=self._draw, refresh_per_second=_REFRESHES, transient=True)

    def __enter__(self) -> Self:
        with suppress(OSError):  # the terminal may be gone: the run continues
            self._live.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._live.stop()

    def plan_ready(self, plan: Plan) -> None:
        """Say how much there is to do."""
        self._tally.begin(plan)
        self._print(opening(plan))

    def cell_started(self, cell: PlannedCell) -> None:
        """Show it among the running ones."""
        self._running[cell.id] = None

    def cell_finished(self, cell: PlannedCell, outcome: CellOutcome, judgement: Judgement) -> None:
        """Write the cell's line above the board."""
        self._running.pop(cell.id, None)
        self._print(finished_line(self._tally, cell, outcome, judgement, self._style))

    def progress(self, what: str, words: str, done: float | None) -> None:
        """Show what something is busy with until it is done, with a bar if its progress is known."""
        self._coming_up.pop(what, None)
        if words:
            self._coming_up[what] = (words, done)

    def note(self, text: str) -> None:
        """Write it above the board."""
        self._print(printable(text))

    def _print(self, line: str) -> None:
        self._console.print(Text.from_ansi(self._style.plain(line)), soft_wrap=True)

    def _draw(self) -> RenderableType:
        tally = self._tally
        line = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=max(tally.total, 1), completed=tally.done, width=_BAR)
        line.add_row(bar, f"{tally.done}/{tally.total}", self._standing())
        return Group(line, self._boots(), Text(self._style.plain(self._running_line()), no_wrap=True, overflow="crop"))

    def _boots(self) -> RenderableType:
        lines = Table.grid(padding=(0, 1))
        for what, (words, done) in self._coming_up.items():
            bar = ProgressBar(total=1.0, completed=done or 0.0, pulse=done is None, width=_BAR)
            lines.add_row(bar, printable(f"{what}: {words}"))
        return lines

    def _standing(self) -> Text:
        counted = (
            self._style.paint(f"{self._style.glyph(status)} {self._tally.statuses[status]}", status)
            for status in Status
            if self._tally.statuses[status]
        )
        return Text.from_ansi("  ".join(counted))

    def _running_line(self) -> str:
        running = list(self._running)
        if not running:
            return ""
        more = f" … and {len(running) - _SHOWN} more" if len(running) > _SHOWN else ""
        return f"running {len(running)}: {', '.join(running[:_SHOWN])}{more}"
