"""A program asks for quotes in ways that are refused: an unknown contract, a wrong generic tick, twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask, and look at tickers and errors."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    unknown = stage.library.Stock("AAPL", "SMART", "USD", conId=1)
    stage.calls("reqMktData() of an unknown contract", lambda: ib.reqMktData(unknown), quiet=True)
    stage.calls("reqMktData() with a wrong generic tick", lambda: ib.reqMktData(contract, "104"), quiet=True)
    stage.settle(ib, seconds=1)
    stage.awaits(ib, "reqTickers() of an unknown contract", lambda: ib.reqTickersAsync(unknown), quiet=True)
    stage.calls(
        "reqRealTimeBars() with a wrong kind", lambda: ib.reqRealTimeBars(contract, 5, "NONSENSE", False), quiet=True
    )
    stage.calls("reqTickByTickData() of a wrong kind", lambda: ib.reqTickByTickData(contract, "NONSENSE"), quiet=True)
    stage.calls("cancelMktDepth() without a subscription", lambda: ib.cancelMktDepth(contract))
    stage.settle(ib, seconds=1)
    stage.says("ib.tickers()", len(ib.tickers()))


SITUATION = Situation(about=About.MARKET, play=play)
