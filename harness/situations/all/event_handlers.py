"""A program's event handlers raise, block, and are coroutines."""

from __future__ import annotations

import asyncio
import logging
import warnings
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


class _Logged(logging.Handler):
    """Keeps the types of errors that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[object] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the type."""
        self.errors.append(record.exc_info[0] if record.exc_info else None)


def play(stage: Stage) -> None:
    """Attach all kinds of handlers, and let events come."""
    ib = stage.connected()
    seen: list[str] = []
    logged = _Logged()
    logging.getLogger().addHandler(logged)

    def raising(*_: object) -> None:
        raise RuntimeError("an error of the program")

    def blocking(*_: object) -> None:
        stage.calls("ib.reqPositions() in a handler", lambda: ib.reqPositions(), quiet=True)

    async def waiting(*_: object) -> None:
        await asyncio.sleep(0)
        seen.append("a coroutine was run")

    ib.errorEvent += raising
    ib.errorEvent += blocking
    ib.errorEvent += waiting
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a coroutine that was never awaited
        stage.gateway.say(2104, "Market data farm connection is OK:usfarm")
        stage.settle(ib)
        stage.until(lambda: bool(seen), "the coroutine is run")
    stage.says("what handlers did", seen)
    stage.says("the error of a handler is logged", any(error is RuntimeError for error in logged.errors))
    ib.errorEvent -= raising
    stage.says("handlers that are left", len(ib.errorEvent))


SITUATION = Situation(about=About.CONNECTION, play=play)
