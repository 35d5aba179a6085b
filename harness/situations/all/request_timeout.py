"""A program sets ib.RequestTimeout, and a request is not answered in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for positions that never end."""
    ib = stage.library.IB()
    ib.RequestTimeout = 0.2
    stage.calls(
        "ib.connect() without the end of positions",
        lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=3),
        quiet=True,
    )
    stage.says("ib.isConnected()", ib.isConnected())
    if ib.isConnected():
        stage.calls("ib.reqPositions() with ib.RequestTimeout", lambda: ib.reqPositions(), quiet=True)


SITUATION = Situation(about=About.CONNECTION, play=play, gateway={"scenario": "no-positions-end"})
