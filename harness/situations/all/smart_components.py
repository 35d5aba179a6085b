"""A program asks for lists: depth exchanges, SMART components, family codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for each, and take the records apart."""
    ib = stage.connected()
    contract = stage.stock(ib)
    exchanges = stage.awaits(ib, "reqMktDepthExchanges()", lambda: ib.reqMktDepthExchangesAsync(), quiet=True)
    stage.fields("depth exchange", exchanges[0])
    ticker = ib.reqMktData(contract)
    stage.settle(ib, seconds=1)
    found = stage.awaits(ib, "reqSmartComponents()", lambda: ib.reqSmartComponentsAsync(ticker.bboExchange), quiet=True)
    stage.calls("a component taken apart", lambda: len([*found[0]]))
    if found:
        stage.fields("component", found[0])
    histogram = stage.awaits(
        ib, "reqHistogramData()", lambda: ib.reqHistogramDataAsync(contract, True, "1 day"), quiet=True
    )
    stage.fields("histogram", histogram[0])
    ticks = stage.awaits(
        ib,
        "reqHistoricalTicks()",
        lambda: ib.reqHistoricalTicksAsync(contract, "", "20261201 20:00:00 UTC", 10, "TRADES", True),
        quiet=True,
    )
    stage.fields("historical tick", ticks[0])


def play_ibapi(stage: ClientStage) -> None:
    """Ask for depth exchanges, family codes, market rules and symbols."""
    app = stage.connected()
    for what, request, callback in (
        ("reqMktDepthExchanges()", lambda: app.reqMktDepthExchanges(), "mktDepthExchanges"),
        ("reqFamilyCodes()", lambda: app.reqFamilyCodes(), "familyCodes"),
        ("reqMarketRule()", lambda: app.reqMarketRule(26), "marketRule"),
        ("reqMatchingSymbols()", lambda: app.reqMatchingSymbols(1, "AAPL"), "symbolSamples"),
    ):
        stage.arguments(callback, stage.asks(app, what, request), callback)


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi)
