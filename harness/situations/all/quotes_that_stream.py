"""A program subscribes to quotes, with one contract object and with an equal one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Subscribe, read the ticker, subscribe again with an equal contract, and cancel."""
    ib = stage.connected()
    contract, equal = stage.stock(ib), stage.stock(ib)
    updates: list[str] = []
    ib.pendingTickersEvent.connect(lambda tickers: updates.append(type(tickers).__name__), keep_ref=True)
    ticker = stage.calls("reqMktData()", lambda: ib.reqMktData(contract, "233"), quiet=True)
    stage.gateway.set_price("AAPL", 190.0, 190.5)
    stage.settle(ib, seconds=2)
    stage.says("type of what pendingTickersEvent has", updates[0])
    stage.fields("ticker", ticker, ("bid", "ask", "bidSize", "askSize", "close", "marketDataType", "minTick", "halted"))
    stage.says("type of ticker.time", type(ticker.time).__name__)
    stage.says("ticker.hasBidAsk()", ticker.hasBidAsk())
    stage.says("type of ticker.marketPrice()", type(ticker.marketPrice()).__name__)
    stage.says("type of ticker.ticks", type(ticker.ticks).__name__)
    stage.says("ib.ticker() of an equal contract is the same", ib.ticker(equal) is ticker)
    stage.says("reqMktData() of an equal contract is the same", ib.reqMktData(equal) is ticker)
    stage.says("ib.tickers()", len(ib.tickers()))
    stage.settle(ib)
    stage.calls("cancelMktData()", lambda: ib.cancelMktData(equal))
    stage.calls("cancelMktData() again", lambda: ib.cancelMktData(equal))


def play_ibapi(stage: ClientStage) -> None:
    """Subscribe, hear ticks, subscribe again with the same number, and cancel twice."""
    app = stage.connected()
    stage.gateway.set_price("AAPL", 190.0, 190.5)
    heard = stage.asks(app, "reqMktData()", lambda: app.reqMktData(1, stage.stock(), "", False, False, []), seconds=2)
    for name in ("tickPrice", "tickSize", "tickString", "tickReqParams", "marketDataType"):
        stage.arguments(name, heard, name)
    stage.asks(app, "reqMktData() of the same number", lambda: app.reqMktData(1, stage.stock(), "", False, False, []))
    stage.asks(app, "cancelMktData()", lambda: app.cancelMktData(1))
    stage.asks(app, "cancelMktData() again", lambda: app.cancelMktData(1))


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi)
