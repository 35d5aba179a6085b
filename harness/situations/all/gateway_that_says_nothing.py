"""A program connects to a Gateway that accepts and says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect with a timeout of a second."""
    ib = stage.library.IB()
    stage.hears("ib.disconnectedEvent", ib.disconnectedEvent)
    stage.calls(
        "ib.connect() to a Gateway that says nothing",
        lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=1),
        quiet=True,
    )
    stage.says("ib.isConnected()", ib.isConnected())


SITUATION = Situation(about=About.CONNECTION, play=play, gateway={"scenario": "silent"})
