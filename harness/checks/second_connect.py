"""Collects the error callbacks of a further connect that a cell makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.base import MOST_CALLBACKS

if TYPE_CHECKING:
    from adapters.base import Stage
    from adapters.records import ErrorCallback


class SecondConnect:
    """Hears a connect that has no checks of its own for its stages."""

    def __init__(self) -> None:
        self.callbacks: list[ErrorCallback] = []

    def stage_reached(self, stage: Stage, elapsed: float) -> None:
        """Take no note: the stages of the first connect are the checks."""

    def negotiated(self, server_version: int) -> None:
        """Take no note: the version of the first connect counts."""

    def error_callback(self, callback: ErrorCallback) -> None:
        """Keep what the gateway says."""
        if len(self.callbacks) < MOST_CALLBACKS:
            self.callbacks.append(callback)
