"""A program connects to a Gateway that reads its hello and closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage


def play_ibapi(stage: ClientStage) -> None:
    """Connect, and run the message loop all the same."""
    app = stage.app()
    stage.calls("connect() to a Gateway that closes", lambda: stage.connect(app), quiet=True)
    stage.says("isConnected()", bool(app.isConnected()))
    stage.ends(app, "run()")
    stage.says("callbacks", [each.name for each in stage.ears(app).heard])


SITUATION = Situation(about=About.CONNECTION, ibapi=play_ibapi, gateway={"scenario": "closes-after-hello"})
