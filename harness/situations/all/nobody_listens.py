"""A program connects to a port where nobody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Connect after the Gateway has gone down, and run the message loop all the same."""
    stage.gateway.down()
    app = stage.app()
    stage.calls("connect() where nobody listens", lambda: stage.connect(app), quiet=True)
    stage.says("isConnected()", bool(app.isConnected()))
    stage.ends(app, "run() where nobody listens")
    heard = stage.hears(app, "callbacks where nobody listens")
    stage.arguments("error where nobody listens", heard, "error")


SITUATION = Situation(about=About.CONNECTION, play=play, ibapi=play_ibapi)
