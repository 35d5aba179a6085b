"""A callback of a program raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage


def play_ibapi(stage: ClientStage) -> None:
    """Raise in ``contractDetails``, and look at what becomes of the message loop."""

    def raises(_self: object, _id: int, _details: object) -> None:
        raise RuntimeError("an error of the program")

    app = stage.connected(contractDetails=raises)
    stage.ears(app).heard.clear()
    app.reqContractDetails(1, stage.stock())
    stage.settle(app)
    stage.says("isConnected() after it", bool(app.isConnected()))
    if not stage.ears(app).has_ended:
        app.disconnect()
    stage.ends(app, "run()")
    stage.hears(app, "callbacks after it")


SITUATION = Situation(about=About.CONNECTION, ibapi=play_ibapi)
