"""A contract that may be several is qualified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Qualify a future without a month, an option without a strike, and a stock at SMART."""
    ib = stage.connected()
    library = stage.library
    for what, contract in (
        ("a future without a month", library.Future("ES", exchange="CME")),
        ("an option without a strike", library.Option("AAPL", "", 0, "C", "SMART")),
        ("a currency pair", library.Forex("EURUSD")),
        ("an index", library.Index("SPX", "CBOE")),
    ):
        found = stage.awaits(
            ib, f"qualifyContracts() of {what}", lambda: ib.qualifyContractsAsync(contract), quiet=True
        )
        stage.says(f"what it returns of {what}", [type(each).__name__ for each in found or ()])
        stage.says(f"conId of {what} is known", bool(contract.conId))


SITUATION = Situation(about=About.CONTRACTS, play=play)
