"""A program asks for data without a subscription, live and delayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask market data of an index live, and then delayed."""
    ib = stage.connected()
    index = stage.library.Index("SPX", "CBOE")
    ib.qualifyContracts(index)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    for kind in (1, 3):
        ib.reqMarketDataType(kind)
        ticker = stage.calls(f"reqMktData() of type {kind}", lambda: ib.reqMktData(index), quiet=True)
        stage.settle(ib, seconds=2)
        stage.fields(f"ticker of type {kind}", ticker, ("last", "close", "marketDataType", "bid", "bidSize"))


SITUATION = Situation(about=About.MARKET, play=play)
