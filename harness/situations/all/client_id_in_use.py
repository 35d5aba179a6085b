"""A program connects with a client id that another one has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect twice with the same id."""
    first = stage.connected(7)
    second = stage.library.IB()
    stage.hears("ib.errorEvent", second.errorEvent, lambda _id, code, *_: code)
    stage.hears("ib.disconnectedEvent", second.disconnectedEvent)
    stage.calls(
        "ib.connect() with an id in use",
        lambda: second.connect(stage.gateway.host, stage.gateway.port, clientId=7, timeout=3),
        quiet=True,
    )
    stage.says("ib.isConnected() with an id in use", second.isConnected())
    stage.settle(first)
    stage.says("ib.isConnected() of the first", first.isConnected())


SITUATION = Situation(about=About.CONNECTION, play=play)
