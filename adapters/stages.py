"""Times the stages of a connect, and describes what stopped it in the same words for every library."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from adapters.base import STAGES, ConnectError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.base import Kind, Observer, Stage

AWAITED: dict[Stage, str] = {
    "tcp": "no TCP connection",
    "version": "no server version",
    "ready": "not ready",
}
"""Maps a stage to what is missing until it is reached."""


class StageClock:
    """Notes when each stage of a connect was reached, in seconds since the clock was created."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._began = perf_counter()
        self.times: dict[Stage, float] = {}

    def elapsed(self) -> float:
        """Return the seconds since the connect began."""
        return perf_counter() - self._began

    def reached(self, stage: Stage) -> None:
        """Note that a stage was reached now; the first time counts."""
        if stage not in self.times:
            self.times[stage] = self.elapsed()
            self._observer.stage_reached(stage, self.times[stage])

    def awaited(self) -> Stage:
        """Return the first stage not reached."""
        return next((stage for stage in STAGES if stage not in self.times), "ready")

    def failure(self, kind: Kind, because: str) -> ConnectError:
        """Return the error for a connect that ended at the first stage not reached."""
        stage, elapsed = self.awaited(), self.elapsed()
        detail = f"{AWAITED[stage]} after {elapsed:.2f} s: {because}"
        return ConnectError(stage=stage, kind=kind, detail=detail, times=self.times, elapsed=elapsed)


def missing_at_ready(accounts: Sequence[str] | None, next_order_id: int | None) -> str:
    """Return in words which of the two messages that make a client ready is missing; empty if none is."""
    missing = []
    if not accounts:
        missing.append("managedAccounts did not arrive" if accounts is None else "managedAccounts names no account")
    if next_order_id is None:
        missing.append("nextValidId did not arrive")
    return ", ".join(missing)
