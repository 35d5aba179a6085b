"""Returns what contracts cost. The market of the truth stands still; :class:`MovingPrices` can replace it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol

from harness.gateways.simulator.bars import UNTRADED
from harness.gateways.simulator.option_model import Computed
from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.truth import Truth, Values

VOLATILITY = "VOLATILITY"
"""What a bar shows whose prices are the volatility of a year: 0.2 is 20 %."""


class Entitlement(StrEnum):
    """Which market data of a contract the account may see."""

    LIVE = "live"
    DELAYED = "delayed"
    NOT_BY_API = "not by api"
    """Live in TWS, and delayed by API."""
    NONE = "none"


class Prices(Protocol):
    """Where answers take prices from.

    Args:
        moves: whether prices move, so that there is more to send than the first answer.
    """

    @property
    def moves(self) -> bool: ...  # noqa: D102

    def stands(self, contract: Values | None = None) -> bool:
        """Return whether a contract's price never changes; without one, whether none does."""
        ...

    def quote(self, contract: Values) -> Values | None:
        """Return a contract's quote, with the names of the truth's; ``None`` if the account may not see one."""
        ...

    def trade(self, contract: Values) -> Values | None:
        """Return a contract's newest trade; ``None`` if there is none."""
        ...

    def entitlement(self, contract: Values) -> Entitlement:
        """Return which market data of a contract the account may see."""
        ...

    def is_open(self, contract: Values, when: float | None = None) -> bool:
        """Return whether a contract is traded now, or at another moment, in Unix seconds."""
        ...

    def session(self, contract: Values) -> Session | None:
        """Return when a contract is traded; ``None`` if that is not known."""
        ...

    def expires(self, contract: Values) -> float | None:
        """Return when a contract ends, in Unix seconds; ``None`` if it lasts, or that is not known."""
        ...

    def settlement(self, contract: Values) -> float | None:
        """Return what a contract was worth when it ended; ``None`` if it has not, or that is not known."""
        ...

    def volatility(self, contract: Values) -> float:
        """Return a contract's volatility of a year: 0.2 is 20 %."""
        ...

    def trades(self, contract: Values, begins: float, ends: float) -> Iterator[Values]:
        """Yield the trades from a moment on until before another, with their ``time``; all in Unix seconds."""
        ...

    def quotes(self, contract: Values, begins: float, ends: float) -> Iterator[Values]:
        """Yield bid, ask and sizes as they came up from a moment on until before another, with their ``time``."""
        ...

    def model(self, contract: Values) -> tuple[Computed, float] | None:
        """Return what a model makes of an option, and the price of its underlying; ``None`` if it cannot."""
        ...

    def auction(self, contract: Values, when: float, *, opens: bool) -> float | None:
        """Return the price of the auction that opens, or closes, a market at a moment; ``None`` if it is not known."""
        ...

    def bar(self, contract: Values, shown: str, begins: float, ends: float) -> Values | None:
        """Return what was traded or quoted between two moments, in Unix seconds; ``None`` if nothing is known.

        Args:
            contract: as contract details have it.
            shown: ``TRADES``, ``BID``, ``ASK``, ``MIDPOINT`` or :data:`VOLATILITY`.
            begins: the first second.
            ends: the second after the last.
        """
        ...


class StillPrices:
    """The quotes and trades of a truth, unchanging."""

    moves = False

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def stands(self, contract: Values | None = None) -> bool:
        """Return that it does."""
        del contract
        return not self.moves

    def quote(self, contract: Values) -> Values | None:
        """Return a contract's quote; ``None`` if there is none."""
        return self._truth.quotes.get(str(contract["con_id"]))

    def trade(self, contract: Values) -> Values | None:
        """Return a contract's newest trade; ``None`` if there is none."""
        return self._truth.trades.get(str(contract["con_id"]))

    def entitlement(self, contract: Values) -> Entitlement:
        """Return whether there is a quote."""
        return Entitlement.NONE if self.quote(contract) is None else Entitlement.LIVE

    def is_open(self, contract: Values, when: float | None = None) -> bool:
        """Return that it is: no day passes."""
        del contract, when
        return True

    def session(self, contract: Values) -> Session | None:
        """Return that it is not known: no day passes."""
        del contract
        return None

    def expires(self, contract: Values) -> float | None:
        """Return ``None``: no day passes."""
        del contract
        return None

    settlement = expires

    def volatility(self, contract: Values) -> float:
        """Return 0: nothing moves."""
        del contract
        return 0.0

    def trades(self, contract: Values, begins: float, ends: float) -> Iterator[Values]:
        """Yield none: those of the past are in the truth."""
        del contract, begins, ends
        return iter(())

    quotes = trades

    def model(self, contract: Values) -> tuple[Computed, float] | None:
        """Return ``None``: no option has a price."""
        del contract
        return None

    def auction(self, contract: Values, when: float, *, opens: bool) -> float | None:
        """Return ``None``: no market opens or closes."""
        del contract, when, opens
        return None

    def bar(self, contract: Values, shown: str, begins: float, ends: float) -> Values | None:
        """Return the truth's bar of trades, the same for any time; else one in which nothing happens, of one price.

        Such a bar of trades has neither volume nor trades (IBKR's documentation).

        Without trades volume, wap and count are -1: so printed a user what a gateway of 2018 sent for ``MIDPOINT``; for
        ``BID`` and ``ASK`` it is inferred.
        """
        del begins, ends
        told = self._truth.market.real_time_bars.get(int(str(contract["con_id"])))
        if shown == "TRADES" and told is not None:
            return told
        price = self._price(contract, shown)
        if price is None:
            return None
        still = dict.fromkeys(("open", "high", "low", "close"), price)
        return {**still, **({"volume": "0", "wap": str(price), "bar_count": 0} if shown == "TRADES" else UNTRADED)}

    def _price(self, contract: Values, shown: str) -> float | None:
        quote = self.quote(contract)
        if quote is None or shown == VOLATILITY:
            return None
        if shown == "MIDPOINT":
            return midpoint(quote)
        price = quote.get({"BID": "bid", "ASK": "ask"}.get(shown, "last"))
        return None if price is None else float(str(price))


def midpoint(quote: Values) -> float:
    """Return the middle of bid and ask, without the noise of binary fractions."""
    return round((float(str(quote["bid"])) + float(str(quote["ask"]))) / 2, 10)
