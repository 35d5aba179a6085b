"""A program disconnects, and looks at what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Disconnect twice, look at the state, and ask all the same."""
    ib = stage.connected()
    contract = stage.stock(ib)
    ticker = ib.reqMktData(contract)
    stage.settle(ib, seconds=1)
    stage.hears("ib.disconnectedEvent", ib.disconnectedEvent)
    stage.calls("type of what ib.disconnect() returns", lambda: type(ib.disconnect()).__name__)
    stage.says("ib.isConnected()", ib.isConnected())
    for name in ("positions", "portfolio", "accountValues", "trades", "fills", "tickers", "managedAccounts"):
        stage.calls(f"ib.{name}() after ib.disconnect()", lambda: len(getattr(ib, name)()))
    stage.calls("ib.ticker() after ib.disconnect()", lambda: ib.ticker(contract) is ticker)
    stage.calls("ib.disconnect() again", lambda: ib.disconnect())
    stage.calls("ib.reqPositions() while disconnected", lambda: ib.reqPositions(), quiet=True)
    stage.calls(
        "ib.placeOrder() while disconnected", lambda: ib.placeOrder(contract, stage.library.MarketOrder("BUY", 1))
    )
    stage.calls("ib.reqCurrentTime() while disconnected", lambda: ib.reqCurrentTime(), quiet=True)


SITUATION = Situation(about=About.CONNECTION, play=play, gateway={"account": "held"})
