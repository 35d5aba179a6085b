"""Returns the current price of a contract. The market of the truth stands still; a moving one can replace it."""

from __future__ import annotations

from typing import Protocol

from harness.gateways.simulator.bars import UNTRADED
from harness.gateways.simulator.truth import Truth, Values


class Prices(Protocol):
    """Where answers take prices from."""

    def quote(self, contract: Values) -> Values | None:
        """Return a contract's quote, with the names of the truth's; ``None`` if the account may not see one."""
        ...

    def trade(self, contract: Values) -> Values | None:
        """Return a contract's newest trade; ``None`` if there is none."""
        ...

    def bar(self, contract: Values, shown: str, begins: int, ends: int) -> Values | None:
        """Return what was traded or quoted between two moments, in Unix seconds; ``None`` if nothing is known.

        Args:
            contract: as contract details have it.
            shown: ``TRADES``, ``BID``, ``ASK`` or ``MIDPOINT``.
            begins: the first second.
            ends: the second after the last.
        """
        ...


class StillPrices:
    """The quotes and trades of a truth, unchanging."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def quote(self, contract: Values) -> Values | None:
        """Return a contract's quote; ``None`` if there is none."""
        return self._truth.quotes.get(str(contract["con_id"]))

    def trade(self, contract: Values) -> Values | None:
        """Return a contract's newest trade; ``None`` if there is none."""
        return self._truth.trades.get(str(contract["con_id"]))

    def bar(self, contract: Values, shown: str, begins: int, ends: int) -> Values | None:
        """Return a bar in which nothing happens: no volume, no trades, one price (IBKR's documentation).

        Without trades volume, wap and count are -1: so printed a user what a gateway of 2018 sent for ``MIDPOINT``; for
        ``BID`` and ``ASK`` it is inferred.
        """
        del begins, ends
        price = self._price(contract, shown)
        if price is None:
            return None
        still = dict.fromkeys(("open", "high", "low", "close"), price)
        return {**still, **({"volume": "0", "wap": str(price), "bar_count": 0} if shown == "TRADES" else UNTRADED)}

    def _price(self, contract: Values, shown: str) -> float | None:
        quote = self.quote(contract)
        if quote is None:
            return None
        if shown == "MIDPOINT":
            return midpoint(quote)
        price = quote.get({"BID": "bid", "ASK": "ask"}.get(shown, "last"))
        return None if price is None else float(str(price))


def midpoint(quote: Values) -> float:
    """Return the middle of bid and ask, without the noise of binary fractions."""
    return round((float(str(quote["bid"])) + float(str(quote["ask"]))) / 2, 10)
