"""A program asks for what an ordinary account has not: fundamentals, WSH, advisor's data, exercise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for each."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    stage.awaits(ib, "reqFundamentalData()", lambda: ib.reqFundamentalDataAsync(contract, "ReportSnapshot"))
    stage.awaits(ib, "requestFA()", lambda: ib.requestFAAsync(1))
    stage.awaits(ib, "getWshMetaData()", lambda: ib.getWshMetaDataAsync())
    stage.awaits(ib, "reqUserInfo()", lambda: ib.reqUserInfoAsync())
    stage.calls("exerciseOptions() of a stock", lambda: ib.exerciseOptions(contract, 1, 1, "", 0))
    stage.awaits(ib, "reqAccountUpdatesMulti()", lambda: ib.reqAccountUpdatesMultiAsync("", ""), quiet=True)
    stage.awaits(ib, "reqSmartComponents() of none", lambda: ib.reqSmartComponentsAsync("nosuch"))
    stage.awaits(ib, "reqMarketRule() of none", lambda: ib.reqMarketRuleAsync(999999))
    stage.awaits(
        ib, "reqHistogramData() of an unknown period", lambda: ib.reqHistogramDataAsync(contract, True, "nonsense")
    )
    stage.awaits(
        ib,
        "reqHistoricalTicks() of an unknown kind",
        lambda: ib.reqHistoricalTicksAsync(contract, "", "20261201 20:00:00 UTC", 10, "NONSENSE", True),
    )
    stage.awaits(
        ib, "reqSecDefOptParams() of what there is none of", lambda: ib.reqSecDefOptParamsAsync("NOSUCH", "", "STK", 1)
    )


SITUATION = Situation(about=About.ACCOUNT, play=play)
