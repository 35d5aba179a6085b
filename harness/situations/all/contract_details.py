"""A program reads the details of a stock and a currency pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for details, and read the trading hours."""
    ib = stage.connected()
    library = stage.library
    for what, contract in (
        ("the stock", library.Stock("AAPL", "SMART", "USD")),
        ("the currency pair", library.Forex("EURUSD")),
        ("nothing", library.Stock("NOSUCHSYMBOL", "SMART", "USD")),
    ):
        found = stage.awaits(
            ib, f"reqContractDetails() of {what}", lambda: ib.reqContractDetailsAsync(contract), quiet=True
        )
        stage.says(f"number of details of {what}", len(found))
        for details in found[:1]:
            stage.fields(f"details of {what}", details)
            stage.calls(f"tradingSessions() of {what}", lambda: details.tradingSessions()[:1])
            stage.calls(f"liquidSessions() of {what}", lambda: details.liquidSessions()[:1])
    stage.calls("tradingSessions() of details without hours", lambda: library.ContractDetails().tradingSessions())
    stage.awaits(ib, "reqMatchingSymbols()", lambda: ib.reqMatchingSymbolsAsync("AAPL"), quiet=True)
    stage.awaits(ib, "reqMarketRule()", lambda: ib.reqMarketRuleAsync(26))


def play_ibapi(stage: ClientStage) -> None:
    """Ask for details of a stock, a currency pair, a future, and of what there is none of."""
    app = stage.connected()
    for number, (what, fields) in enumerate(
        {
            "the stock": {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"},
            "the currency pair": {"symbol": "EUR", "secType": "CASH", "exchange": "IDEALPRO", "currency": "USD"},
            "the future": {"secType": "FUT", "exchange": "CME", "localSymbol": "ESZ6", "currency": "USD"},
            "nothing": {"symbol": "NOSUCHSYMBOL", "secType": "STK", "exchange": "SMART", "currency": "USD"},
        }.items(),
        start=1,
    ):
        contract = stage.record("Contract", **fields)
        heard = stage.asks(app, f"reqContractDetails() of {what}", lambda: app.reqContractDetails(number, contract))
        stage.arguments(f"details of {what}", heard, "contractDetails")
        stage.arguments(f"error of {what}", heard, "error")
        for each in [each for each in heard if each.name == "contractDetails"][-1:]:
            details = each.values["contractDetails"]
            stage.fields(f"contract of {what}", details.contract)


SITUATION = Situation(about=About.CONTRACTS, play=play, ibapi=play_ibapi)
