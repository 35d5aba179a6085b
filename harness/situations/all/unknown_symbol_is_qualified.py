"""A contract with a symbol that does not exist is qualified, beside one that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Qualify AAPL and a symbol that nobody has; then use what came of it."""
    ib = stage.connected()
    contracts = [stage.library.Stock(symbol, "SMART", "USD") for symbol in ("AAPL", "NOSUCHSYMBOL")]
    qualified = stage.calls("qualifyContracts(known, unknown)", lambda: ib.qualifyContracts(*contracts), quiet=True)
    stage.says("length of what it returns", len(qualified))
    stage.says("con ids of what it returns", [getattr(each, "conId", "no contract") for each in qualified])
    stage.calls("conId of each in a loop", lambda: [each.conId for each in qualified])
    stage.calls("hash() of the unknown contract", lambda: hash(contracts[1]), quiet=True)


SITUATION = Situation(about=About.CONTRACTS, play=play)
