"""The Gateway says that IBKR is lost (1100) and restored (1102), and that a farm broke (2103)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Hear notices of no request."""
    ib = stage.connected()
    stage.hears("ib.errorEvent", ib.errorEvent, lambda req_id, code, text, contract: (req_id, code, text, contract))
    for code, text in (
        (1100, "Connectivity between IBKR and Trader Workstation has been lost."),
        (1102, "Connectivity between IBKR and Trader Workstation has been restored - data maintained."),
        (2103, "Market data farm connection is broken:usfarm"),
        (2110, "Connectivity between TWS and server is broken. It will be restored automatically."),
    ):
        stage.gateway.say(code, text)
    stage.settle(ib)
    stage.says("ib.isConnected()", ib.isConnected())


def play_ibapi(stage: ClientStage) -> None:
    """Hear notices of no request."""
    app = stage.connected()
    for code, text in (
        (1100, "Connectivity between IBKR and Trader Workstation has been lost."),
        (1102, "Connectivity between IBKR and Trader Workstation has been restored - data maintained."),
        (2103, "Market data farm connection is broken:usfarm"),
    ):
        stage.gateway.say(code, text)
    stage.settle(app)
    heard = stage.hears(app, "callbacks of notices")
    stage.arguments("error of a notice", heard, "error")
    stage.says("isConnected()", bool(app.isConnected()))


SITUATION = Situation(about=About.CONNECTION, play=play, ibapi=play_ibapi)
