"""A program connects to a Gateway that is read-only, as if it were not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect with a timeout of three seconds, without readonly."""
    ib = stage.library.IB()
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    stage.calls(
        "ib.connect() to a read-only Gateway",
        lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=3),
        quiet=True,
    )
    stage.says("ib.isConnected()", ib.isConnected())


SITUATION = Situation(about=About.CONNECTION, play=play, gateway={"scenario": "read-only"})
