"""A program's event handlers raise, block, and are coroutines."""

from __future__ import annotations

import asyncio
import warnings
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Attach all kinds of handlers, and let events come."""
    ib = stage.connected()
    seen: list[str] = []

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
    stage.says("what handlers did", seen)
    ib.errorEvent -= raising
    stage.says("handlers that are left", len(ib.errorEvent))


SITUATION = Situation(about=About.CONNECTION, play=play)
