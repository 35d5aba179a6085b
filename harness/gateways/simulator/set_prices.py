"""Lays prices that somebody sets over those of a market."""

from __future__ import annotations

from collections.abc import Iterator

from harness.gateways.simulator.option_model import Computed
from harness.gateways.simulator.prices import Entitlement, Prices
from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.truth import Values


class SetPrices:
    """Where answers take prices from: quotes are as they were set, all else is the market's.

    So lines of quotes and the filling of orders go by what was set; ticks one by one, bars and history do not.

    Args:
        market: the prices below.
    """

    def __init__(self, market: Prices) -> None:
        self._market = market
        self._set: dict[int, Values] = {}

    def set(self, con_id: int, quote: Values) -> None:
        """Set fields of a contract's quote, for good."""
        self._set[con_id] = quote

    @property
    def moves(self) -> bool:
        """Whether prices move; those of a market that stands still do not, whatever is set."""
        return self._market.moves

    def stands(self, contract: Values | None = None) -> bool:
        """Return whether a contract's price, or any, never changes: its market stands still, and nobody has set it."""
        is_set = bool(self._set) if contract is None else int(str(contract["con_id"])) in self._set
        return not is_set and self._market.stands(contract)

    def quote(self, contract: Values) -> Values | None:
        """Return a contract's quote, with what was set of it."""
        quote, own = self._market.quote(contract), self._set.get(int(str(contract["con_id"])))
        if own is None:
            return quote
        return {"min_tick": contract.get("min_tick", 0.01), **(quote or {}), **own}

    def trade(self, contract: Values) -> Values | None:
        """Return a contract's newest trade."""
        return self._market.trade(contract)

    def entitlement(self, contract: Values) -> Entitlement:
        """Return which market data of a contract the account may see."""
        return self._market.entitlement(contract)

    def is_open(self, contract: Values, when: float | None = None) -> bool:
        """Return whether a contract is traded at a moment."""
        return self._market.is_open(contract, when)

    def session(self, contract: Values) -> Session | None:
        """Return when a contract is traded."""
        return self._market.session(contract)

    def expires(self, contract: Values) -> float | None:
        """Return when a contract ends."""
        return self._market.expires(contract)

    def settlement(self, contract: Values) -> float | None:
        """Return what a contract was worth when it ended."""
        return self._market.settlement(contract)

    def volatility(self, contract: Values) -> float:
        """Return a contract's volatility of a year."""
        return self._market.volatility(contract)

    def trades(self, contract: Values, begins: float, ends: float) -> Iterator[Values]:
        """Yield the trades between two moments."""
        return self._market.trades(contract, begins, ends)

    def quotes(self, contract: Values, begins: float, ends: float) -> Iterator[Values]:
        """Yield the quotes between two moments."""
        return self._market.quotes(contract, begins, ends)

    def model(self, contract: Values) -> tuple[Computed, float] | None:
        """Return what a model makes of an option."""
        return self._market.model(contract)

    def auction(self, contract: Values, when: float, *, opens: bool) -> float | None:
        """Return the price of an auction: what was set as the last one."""
        own = self._set.get(int(str(contract["con_id"])))
        return self._market.auction(contract, when, opens=opens) if own is None else float(str(own["last"]))

    def bar(self, contract: Values, shown: str, begins: float, ends: float) -> Values | None:
        """Return what was traded or quoted between two moments."""
        return self._market.bar(contract, shown, begins, ends)
