"""A program subscribes to ticks one by one, real-time bars and market depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Subscribe to each, let time pass, and cancel."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    for kind in ("Last", "BidAsk"):
        ticker = stage.calls(f"reqTickByTickData() of {kind}", lambda: ib.reqTickByTickData(contract, kind), quiet=True)
        kinds: set[str] = set()
        ticker.updateEvent.connect(
            lambda ticker: kinds.update(type(each).__name__ for each in ticker.tickByTicks), keep_ref=True
        )
        stage.settle(ib, seconds=10)
        stage.says(f"records of {kind}", sorted(kinds))
        stage.calls(f"cancelTickByTickData() of {kind}", lambda: ib.cancelTickByTickData(contract, kind))
        stage.calls(f"cancelTickByTickData() of {kind} again", lambda: ib.cancelTickByTickData(contract, kind))
    bars = stage.calls("reqRealTimeBars()", lambda: ib.reqRealTimeBars(contract, 5, "TRADES", False), quiet=True)
    stage.settle(ib, seconds=12)
    stage.says("real-time bars came", bool(bars))
    stage.calls("the list of real-time bars as a key", lambda: len({bars: 1}))
    stage.calls("cancelRealTimeBars()", lambda: ib.cancelRealTimeBars(bars))


SITUATION = Situation(about=About.MARKET, play=play)
