"""A program subscribes to generic ticks: volatility, open interest, shortable shares, volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage

NAMES = (
    "histVolatility",
    "impliedVolatility",
    "shortableShares",
    "rtVolume",
    "tradeCount",
    "tradeRate",
    "volumeRate",
    "dividends",
    "fundamentalRatios",
    "callVolume",
    "putVolume",
    "avVolume",
    "low13week",
    "high52week",
    "halted",
    "markPrice",
    "auctionPrice",
    "lastRthTrade",
    "shortable",
    "rtHistVolatility",
)


def play(stage: Stage) -> None:
    """Subscribe to many, and read the ticker."""
    ib = stage.connected()
    contract = stage.stock(ib)
    ticker = ib.reqMktData(contract, "100,101,106,165,221,233,236,293,294,295,318,375,411,595")
    kinds: set[str] = set()
    ticker.updateEvent.connect(lambda ticker: kinds.update(type(tick).__name__ for tick in ticker.ticks), keep_ref=True)
    stage.settle(ib, seconds=3)
    stage.fields("ticker", ticker, [name for name in dir(ticker) if name in NAMES])
    stage.says("types of ticker.ticks", sorted(kinds))


SITUATION = Situation(about=About.MARKET, play=play)
