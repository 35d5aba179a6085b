"""Notices come in other scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Hear errors with letters that are not ASCII."""
    ib = stage.library.IB()
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, text, *_: f"{code} {text}")
    ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=20)
    stage.settle(ib)
    stage.says("ib.isConnected()", ib.isConnected())


def play_ibapi(stage: ClientStage) -> None:
    """Hear errors with letters that are not ASCII."""
    app = stage.app()
    stage.connect(app)
    stage.until(lambda: any(each.name == "nextValidId" for each in stage.ears(app).heard), "the first order id comes")
    stage.settle(app)
    for each in stage.ears(app).heard:
        if each.name == "error":
            stage.says(f"text of error {each.values['errorCode']}", each.values["errorString"])


SITUATION = Situation(about=About.CONNECTION, play=play, ibapi=play_ibapi, gateway={"scenario": "non-ascii"})
