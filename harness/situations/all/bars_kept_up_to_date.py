"""A program keeps bars up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask with keepUpToDate, let time pass, and cancel."""
    ib = stage.connected()
    contract = stage.stock(ib)
    bars = stage.awaits(
        ib,
        "reqHistoricalData() with keepUpToDate",
        lambda: ib.reqHistoricalDataAsync(contract, "", "1800 S", "1 min", "TRADES", useRTH=False, keepUpToDate=True),
        quiet=True,
    )
    before = len(bars)
    news: list[bool] = []
    bars.updateEvent.connect(lambda _bars, is_new: news.append(is_new), keep_ref=True)
    stage.settle(ib, seconds=130)
    stage.says("updates came", bool(news))
    stage.says("there were new bars", any(news))
    stage.says("the list has grown", len(bars) > before)
    stage.says("ib.realtimeBars()", len(ib.realtimeBars()))
    stage.calls("cancelHistoricalData()", lambda: ib.cancelHistoricalData(bars))
    stage.says("ib.realtimeBars() after the cancel", len(ib.realtimeBars()))


def play_ibapi(stage: ClientStage) -> None:
    """Ask bars that are kept up to date, hear an update, and cancel twice."""
    app = stage.connected()
    wanted: tuple[Any, ...] = 1, stage.stock(), "", "1 D", "1 hour", "TRADES", 1, 1, True, []
    heard = stage.asks(app, "reqHistoricalData() kept up to date", lambda: app.reqHistoricalData(*wanted), seconds=10)
    stage.arguments("historicalDataUpdate", heard, "historicalDataUpdate")
    stage.asks(app, "cancelHistoricalData()", lambda: app.cancelHistoricalData(1))
    stage.asks(app, "cancelHistoricalData() again", lambda: app.cancelHistoricalData(1))


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi)
