"""A program sets ib.RequestTimeout, and a start is not answered in time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from harness.situations.played_gateway import HarnessError
from harness.situations.situation import About, Situation
from harness.situations.stage import CONNECT_TIMEOUT

if TYPE_CHECKING:
    from harness.situations.stage import Stage

LIMIT = 2.0
"""Seconds; while the library still says hello, a timeout is another situation, and one in the same moment a third."""


def play(stage: Stage) -> None:
    """Connect where positions never end."""
    ib = stage.library.IB()
    ib.RequestTimeout = LIMIT
    began, ready = time.monotonic(), []
    ib.client.apiStart.connect(lambda: ready.append(time.monotonic() - began), keep_ref=True)
    stage.calls(
        "ib.connect() without the end of positions",
        lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=CONNECT_TIMEOUT),
        quiet=True,
    )
    if not ready or ready[0] > LIMIT / 2:
        raise HarnessError("the machine was too busy: the library had not said hello long before its timeout")
    stage.says("ib.isConnected()", ib.isConnected())


SITUATION = Situation(about=About.CONNECTION, play=play, gateway={"scenario": "no-positions-end"})
