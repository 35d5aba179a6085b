"""Defines the observer of a run, which the scheduler calls and progress reports implement."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from harness.results.judge import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.judge import Judgement
    from harness.shared.evidence import CellOutcome, GatewayOutcome


log = logging.getLogger("ib_compat.run")
log.addHandler(logging.NullHandler())  # quiet unless a program sets up logging


class Observer(Protocol):
    """Called from the scheduler's own thread, in the order in which things happen; must return at once."""

    def plan_ready(self, plan: Plan) -> None:
        """The run begins."""
        ...

    def cell_started(self, cell: PlannedCell) -> None:
        """The cell's process is asked to run."""
        ...

    def cell_finished(self, cell: PlannedCell, outcome: CellOutcome, judgement: Judgement) -> None:
        """The cell ended, was killed, or was skipped for a reason found while running.

        ``judgement`` may change: the other cells at this gateway, which it also depends on, have not all ended yet.
        """
        ...

    def progress(self, what: str, words: str, done: float | None) -> None:
        """A gateway or the environments take long to prepare.

        ``done`` is how much is done, from 0 to 1, or ``None`` if that is unknown. Empty ``words`` mean that it is over.
        """
        ...

    def note(self, text: str) -> None:
        """Something a person should know: a gateway starts, a control probe failed."""
        ...


class Guarded:
    """Tells an observer, and never lets it end the run: a terminal may be closed, a disk that it writes to full.

    Errors are logged by the logger ``ib_compat.run``, with their tracebacks.

    Args:
        observer: who is notified.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def plan_ready(self, plan: Plan) -> None:
        """Pass it on."""
        self._tell(self._observer.plan_ready, plan)

    def cell_started(self, cell: PlannedCell) -> None:
        """Pass it on."""
        self._tell(self._observer.cell_started, cell)

    def cell_finished(self, cell: PlannedCell, outcome: CellOutcome, gateway: GatewayOutcome) -> None:
        """Pass it on, judged by what is then known about its gateway."""
        self._tell(self._judged, cell, outcome, gateway)

    def _judged(self, cell: PlannedCell, outcome: CellOutcome, gateway: GatewayOutcome) -> None:
        self._observer.cell_finished(cell, outcome, judge(cell, outcome, gateway))

    def progress(self, what: str, words: str, done: float | None) -> None:
        """Pass it on."""
        self._tell(self._observer.progress, what, words, done)

    def note(self, text: str) -> None:
        """Pass it on."""
        self._tell(self._observer.note, text)

    def _tell(self, told: Callable[..., None], *what: object) -> None:
        try:
            told(*what)
        except Exception:
            log.debug("an observer of the run failed at %s", told.__name__, exc_info=True)
