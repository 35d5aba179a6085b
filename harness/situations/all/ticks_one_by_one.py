"""A program subscribes to ticks one by one, real-time bars and market depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Subscribe to each, hear, and cancel."""
    app = stage.connected()
    for number, kind in enumerate(("Last", "BidAsk"), start=1):
        words = f"reqTickByTickData() of {kind}"
        heard = stage.asks(app, words, lambda: app.reqTickByTickData(number, stage.stock(), kind, 0, False), seconds=5)
        for name in ("tickByTickAllLast", "tickByTickBidAsk"):
            stage.arguments(f"{kind}: {name}", heard, name)
    heard = stage.asks(
        app, "reqRealTimeBars()", lambda: app.reqRealTimeBars(3, stage.stock(), 5, "TRADES", 1, []), seconds=5
    )
    stage.arguments("realtimeBar", heard, "realtimeBar")
    for what, cancel in (
        ("cancelTickByTickData()", lambda: app.cancelTickByTickData(1)),
        ("cancelTickByTickData() again", lambda: app.cancelTickByTickData(1)),
        ("cancelRealTimeBars()", lambda: app.cancelRealTimeBars(3)),
    ):
        stage.calls(what, cancel, quiet=True)


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi)
