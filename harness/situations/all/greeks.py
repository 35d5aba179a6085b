"""A program reads greeks of an option, and computes its price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Subscribe to an option, read the model's greeks, and take them apart."""
    ib = stage.connected()
    contract = stage.stock(ib)
    chains = ib.reqSecDefOptParams(contract.symbol, "", contract.secType, contract.conId)
    chain = next(each for each in chains if each.exchange == "SMART")
    strikes = sorted(chain.strikes)
    option = stage.library.Option("AAPL", sorted(chain.expirations)[2], strikes[len(strikes) // 2], "C", "SMART")
    ib.qualifyContracts(option)
    stage.says("the option is known", bool(option.conId))
    ticker = ib.reqMktData(option)
    stage.settle(ib, seconds=3)
    greeks = ticker.modelGreeks
    stage.says("there are greeks", greeks is not None)
    stage.fields("model greeks", greeks)
    stage.calls("greeks taken apart", lambda: len([*greeks]))
    stage.calls("greeks._asdict()", lambda: len(greeks._asdict()))
    stage.calls("greeks + greeks", lambda: type(greeks + greeks).__name__)
    stage.calls("hash of greeks", lambda: isinstance(hash(greeks), int))
    found = stage.awaits(
        ib, "calculateOptionPrice()", lambda: ib.calculateOptionPriceAsync(option, 0.3, 200.0), quiet=True
    )
    stage.says("type of calculateOptionPrice()", type(found).__name__)


SITUATION = Situation(about=About.MARKET, play=play)
