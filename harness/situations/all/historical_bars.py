"""A program asks bars, keeps them in a dictionary, and takes them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask bars of a day, use the list as a key, and read types."""
    ib = stage.connected()
    contract = stage.stock(ib)
    bars = stage.awaits(
        ib,
        "reqHistoricalData()",
        lambda: ib.reqHistoricalDataAsync(contract, "", "1 D", "1 hour", "TRADES", useRTH=True),
        quiet=True,
    )
    stage.fields("bar", bars[0])
    stage.calls("the list of bars as a key", lambda: len({bars: 1}))
    stage.calls("the list of bars in a set", lambda: len({bars}))
    stage.calls("two lists of bars are equal", lambda: bars == bars[:])
    stage.fields(
        "parameters of the list", bars, ("durationStr", "barSizeSetting", "whatToShow", "useRTH", "keepUpToDate")
    )
    stage.calls("util.tree() of bars", lambda: type(stage.library.util.tree(list(bars))).__name__)
    stage.calls("util.barplot is there", lambda: callable(stage.library.util.barplot))
    head = stage.awaits(
        ib, "reqHeadTimeStamp()", lambda: ib.reqHeadTimeStampAsync(contract, "TRADES", True, 1), quiet=True
    )
    stage.says("type of the head timestamp", type(head).__name__)
    stage.awaits(ib, "reqHistoricalSchedule()", lambda: ib.reqHistoricalScheduleAsync(contract, 1), quiet=True)


def play_ibapi(stage: ClientStage) -> None:
    """Ask bars of an hour and of a day, with both formats of dates."""
    app = stage.connected()
    for number, (size, duration, form) in enumerate(
        (("1 hour", "1 D", 1), ("1 hour", "1 D", 2), ("1 day", "5 D", 1), ("1 day", "5 D", 2)), start=1
    ):
        words = f"reqHistoricalData() of {size}, formatDate={form}"
        heard = stage.asks(
            app,
            words,
            lambda: app.reqHistoricalData(number, stage.stock(), "", duration, size, "TRADES", 1, form, False, []),
        )
        stage.arguments(f"bar of {size}, formatDate={form}", heard, "historicalData")
        stage.arguments(f"end of {size}, formatDate={form}", heard, "historicalDataEnd")
    stage.asks(app, "reqHeadTimeStamp()", lambda: app.reqHeadTimeStamp(9, stage.stock(), "TRADES", 1, 1))


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi)
