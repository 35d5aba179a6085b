"""A quote has a price and no size: nobody bids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Set a size of 0, and read the ticker."""
    ib = stage.connected()
    contract = stage.stock(ib)
    ticker = ib.reqMktData(contract)
    stage.settle(ib, seconds=1)
    stage.gateway.set_price("AAPL", 190.0, 190.5, size=0)
    stage.settle(ib, seconds=2)
    stage.fields("ticker", ticker, ("bid", "ask", "bidSize", "askSize"))
    stage.says("ticker.hasBidAsk()", ticker.hasBidAsk())
    stage.calls("ticker.midpoint()", lambda: ticker.midpoint())


def play_ibapi(stage: ClientStage) -> None:
    """Set a size of 0, and hear ticks."""
    app = stage.connected()
    stage.gateway.set_price("AAPL", 190.0, 190.5, size=0)
    heard = stage.asks(app, "reqMktData()", lambda: app.reqMktData(1, stage.stock(), "", False, False, []), seconds=2)
    for callback, value in (("tickSize", "size"), ("tickPrice", "price")):
        for each in heard:
            if each.name == callback:
                stage.says(f"{value} of tick {each.values['tickType']}", each.values[value])


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi)
