"""A quote comes again with the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Set the same price twice, and look at the previous one."""
    ib = stage.connected()
    contract = stage.stock(ib)
    ticker = ib.reqMktData(contract)
    stage.settle(ib, seconds=1)
    for bid in (190.0, 190.0, 191.0):
        stage.gateway.set_price("AAPL", bid, 192.0)
        stage.settle(ib, seconds=2)
        stage.says(f"bid and the one before, at {bid}", [ticker.bid, ticker.prevBid])
        stage.says(f"ask and the one before, at {bid}", [ticker.ask, ticker.prevAsk])


SITUATION = Situation(about=About.MARKET, play=play)
