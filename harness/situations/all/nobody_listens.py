"""A program connects to a port where nobody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect after the Gateway has gone down."""
    stage.gateway.down()
    ib = stage.library.IB()
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    stage.hears("ib.disconnectedEvent", ib.disconnectedEvent)
    stage.calls(
        "ib.connect() where nobody listens",
        lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=20),
        quiet=True,
    )
    stage.says("ib.isConnected()", ib.isConnected())


SITUATION = Situation(about=About.CONNECTION, play=play)
