"""A program connects with a client id that another one has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Connect twice with the same id (326)."""
    first = stage.connected(7)
    second = stage.app()
    stage.calls("connect() with an id in use", lambda: stage.connect(second, 7), quiet=True)
    stage.ends(second, "run() with an id in use")
    stage.says("isConnected() with an id in use", bool(second.isConnected()))
    stage.hears(second, "callbacks with an id in use")
    stage.settle(first)
    stage.says("isConnected() of the first", bool(first.isConnected()))


SITUATION = Situation(about=About.CONNECTION, play=play, ibapi=play_ibapi)
