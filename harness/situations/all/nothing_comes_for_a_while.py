"""A program sets a timeout after which it wants to know that nothing came."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Use ib.setTimeout, ib.waitOnUpdate, ib.loopUntil and util.timeRange."""
    ib = stage.connected()
    idle: list[float] = []
    ib.timeoutEvent.connect(idle.append, keep_ref=True)
    ib.setTimeout(0.01)
    stage.until(lambda: bool(idle), "timeoutEvent comes")
    stage.says("type of what timeoutEvent says", type(idle[0]).__name__)
    stage.calls("ib.waitOnUpdate() in vain", lambda: ib.waitOnUpdate(timeout=0.01))
    stage.calls("ib.loopUntil() in vain", lambda: list(ib.loopUntil(lambda: False, timeout=0.01))[-1:])
    stage.calls("ib.loopUntil() that is met", lambda: list(ib.loopUntil(lambda: True, timeout=0.01)))
    stage.calls("util.run() with a timeout", lambda: stage.library.util.run(asyncio.sleep(5), timeout=0.01))


SITUATION = Situation(about=About.CONNECTION, play=play)
