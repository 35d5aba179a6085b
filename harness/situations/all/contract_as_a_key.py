"""A program uses contracts as keys, and compares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Hash and compare qualified ones, unqualified ones and combos."""
    ib = stage.connected()
    library = stage.library
    first, second = stage.stock(ib), stage.stock(ib)
    stage.calls("two equal stocks are one key", lambda: len({first, second}))
    stage.calls("two equal stocks are equal", lambda: first == second)
    plain = library.Stock("AAPL", "SMART", "USD")
    stage.calls("hash of a contract without conId", lambda: isinstance(hash(plain), int))
    stage.calls("isHashable() of a contract without conId", lambda: plain.isHashable())
    stage.calls("a contract with and without conId are equal", lambda: plain == first)
    legs = [library.ComboLeg(conId=number, ratio=1, action=side) for number, side in ((1, "BUY"), (2, "SELL"))]
    bag = library.Bag(symbol="AAPL", exchange="SMART", currency="USD", comboLegs=legs)
    stage.calls("hash of a combo", lambda: isinstance(hash(bag), int))
    stage.calls("isHashable() of a combo", lambda: bag.isHashable())
    bag.conId = 28812380
    stage.calls("hash of a combo with the conId of all combos", lambda: isinstance(hash(bag), int))
    stage.calls("text of a contract", lambda: str(first))
    stage.calls("Contract.create() of an event contract", lambda: type(library.Contract.create(secType="EC")).__name__)


SITUATION = Situation(about=About.CONTRACTS, play=play)
