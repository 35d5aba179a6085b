"""A program reads the details of a stock, a future and an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
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


SITUATION = Situation(about=About.CONTRACTS, play=play)
