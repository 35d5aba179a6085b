"""A program waits by the helpers of util: schedule, timeRange, waitUntil."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Wait until moments that are past or near."""
    util = stage.library.util
    past = dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=1)
    done: list[str] = []
    stage.calls("util.waitUntil() of a moment that is past", lambda: util.waitUntil(past))
    stage.calls("util.schedule() of a moment that is past", lambda: util.schedule(past, done.append, "ran"), quiet=True)
    stage.calls("util.sleep(0)", lambda: util.sleep(0))
    stage.until(lambda: bool(done), "what was scheduled is run")
    stage.says("what was scheduled", done)
    stage.calls("util.timeRange() that is past", lambda: len(list(util.timeRange(past, past, 1))))
    stage.calls("util.patchAsyncio()", lambda: util.patchAsyncio())
    stage.calls("str(IB())", lambda: str(stage.library.IB()))
    stage.calls("IB() in a with", lambda: stage.library.IB().__enter__() is not None)


SITUATION = Situation(about=About.OBJECTS, play=play)
