"""A program connects to a Gateway that accepts and says nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Connect in a thread, and look whether that returns within two seconds; the library's own patience is one."""
    app = stage.app()
    thread = threading.Thread(target=lambda: stage.connect(app), daemon=True)
    thread.start()
    thread.join(2)
    stage.says("connect() still waits", thread.is_alive())
    stage.says("isConnected()", bool(app.isConnected()))
    stage.says("callbacks", [each.name for each in stage.ears(app).heard])


SITUATION = Situation(about=About.CONNECTION, play=play, ibapi=play_ibapi, gateway={"scenario": "silent"})
