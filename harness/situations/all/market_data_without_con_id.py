"""A program asks quotes of a contract that it has not qualified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask all kinds of market data with a symbol alone."""
    ib = stage.connected()
    contract = stage.library.Stock("AAPL", "SMART", "USD")
    stage.calls("reqMktData() without a conId", lambda: ib.reqMktData(contract), quiet=True)
    stage.calls("reqMktDepth() without a conId", lambda: ib.reqMktDepth(contract), quiet=True)
    stage.calls("reqTickByTickData() without a conId", lambda: ib.reqTickByTickData(contract, "Last"), quiet=True)
    stage.calls("ticker() without a conId", lambda: type(ib.ticker(contract)).__name__)
    stage.awaits(ib, "reqTickers() without a conId", lambda: ib.reqTickersAsync(contract), quiet=True)
    stage.settle(ib)
    stage.calls("cancelMktData() without a conId", lambda: ib.cancelMktData(contract), quiet=True)


SITUATION = Situation(about=About.MARKET, play=play)
