"""A program cancels a request right after it has asked, and hears of it all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage


def play_ibapi(stage: ClientStage) -> None:
    """Ask bars and details, and cancel or disconnect before anything has come."""
    app = stage.connected()

    def ask_and_cancel() -> None:
        app.reqHistoricalData(1, stage.stock(), "", "1 D", "1 hour", "TRADES", 1, 1, False, [])
        app.cancelHistoricalData(1)

    stage.asks(app, "reqHistoricalData() and cancelHistoricalData()", ask_and_cancel)
    app.reqContractDetails(2, stage.stock())
    stage.calls("disconnect() with a request pending", lambda: app.disconnect(), quiet=True)
    stage.ends(app, "run() after disconnect() with a request pending")
    stage.says("isConnected()", bool(app.isConnected()))


SITUATION = Situation(about=About.MARKET, ibapi=play_ibapi)
