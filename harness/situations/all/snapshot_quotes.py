"""A program asks for snapshots of several contracts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask reqTickers for a stock and a currency pair, twice."""
    ib = stage.connected()
    contracts = [stage.stock(ib), stage.library.Forex("EURUSD")]
    ib.qualifyContracts(*contracts)
    for number in (1, 2):
        tickers = stage.awaits(ib, f"reqTickers(), time {number}", lambda: ib.reqTickersAsync(*contracts), quiet=True)
        for ticker in tickers or ():
            what = f"ticker of {ticker.contract.symbol}, time {number}"
            stage.fields(what, ticker, ("bid", "ask", "last", "close", "bidSize", "volume"))
    stage.says("ib.tickers() after the snapshots", len(ib.tickers()))


SITUATION = Situation(about=About.MARKET, play=play, gateway={"market": "still"})
