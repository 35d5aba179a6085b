"""Prices that move: of every contract of a world, at every moment, from one seed.

What is traded for itself moves by :class:`TradedPrices`; a future moves with its index, and an option has the price
that a model makes of its underlying. Who trades at the gateway does not move the market. All of this is ours: no real
market is played, and no price is IBKR's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from harness.gateways.simulator.bars import UNTRADED
from harness.gateways.simulator.option_model import DAYS_A_YEAR, Computed, Option, computed
from harness.gateways.simulator.price_path import mixed
from harness.gateways.simulator.prices import VOLATILITY, Entitlement
from harness.gateways.simulator.traded_prices import DAY, TradedPrices

if TYPE_CHECKING:
    from harness.gateways.simulator.sessions import Session
    from harness.gateways.simulator.truth import Values
    from harness.gateways.simulator.world import Listing

TRADING_DAYS = 252
"""Of a year."""

_AUCTION = 60.0
"""Seconds of the bar that begins, or ends, with an auction."""

_CHEAPEST = 0.01
_PLACES = 6
_HALF_SPREAD = 0.01
"""Half of an option's spread, as a part of its price (ours)."""


class MovingPrices:
    """Where answers take moving prices from; see :class:`harness.gateways.simulator.prices.Prices`.

    Args:
        listings: what is traded, by con id.
        seed: the same seed makes the same prices at the same moments.
        now: the clock, in Unix seconds.
    """

    moves = True

    def __init__(self, listings: Mapping[int, Listing], seed: int, now: Callable[[], float]) -> None:
        self._listings = listings
        self._seed = mixed(seed)
        self._now = now
        self._traded: dict[int, TradedPrices] = {}

    def stands(self, contract: Values | None = None) -> bool:
        """Return that it does not."""
        del contract
        return False

    def quote(self, contract: Values) -> Values | None:
        """Return a contract's quote now; ``None`` if there is none, or the account may not see one."""
        listing = self._seen(contract)
        if listing is None:
            return None
        return self._option_quote(listing) if _is_option(listing) else self._of(listing).quote(self._now())

    def entitlement(self, contract: Values) -> Entitlement:
        """Return which market data of a contract the account may see."""
        listing = self._listings.get(int(str(contract["con_id"])))
        return Entitlement.NONE if listing is None else Entitlement(listing.entitlement)

    def is_open(self, contract: Values, when: float | None = None) -> bool:
        """Return whether a contract is traded now, or at another moment, in Unix seconds."""
        listing = self._listings.get(int(str(contract["con_id"])))
        return listing is not None and listing.session.is_open(self._now() if when is None else when)

    def session(self, contract: Values) -> Session | None:
        """Return when a contract is traded; ``None`` if it is not known here."""
        listing = self._listings.get(int(str(contract["con_id"])))
        return None if listing is None else listing.session

    def expires(self, contract: Values) -> float | None:
        """Return when a contract ends, in Unix seconds; ``None`` if it lasts."""
        listing = self._listings.get(int(str(contract["con_id"])))
        return None if listing is None else listing.expires

    def settlement(self, contract: Values) -> float | None:
        """Return the middle of a future when it ended, or by how much an option was in the money then."""
        listing = self._listings.get(int(str(contract["con_id"])))
        if listing is None or listing.expires is None or listing.expires > self._now():
            return None
        if listing.strike is None:
            return self._of(listing).middle(listing.expires)
        above = self._of(self._listings[listing.underlying or 0]).middle(listing.expires) - listing.strike
        return max(0.0, round(above if listing.right == "C" else -above, _PLACES))

    def volatility(self, contract: Values) -> float:
        """Return a contract's volatility of a year; 0 if it is not known."""
        listing = self._listings.get(int(str(contract["con_id"])))
        if listing is None:
            return 0.0
        return listing.implied_volatility if _is_option(listing) else _yearly(listing)

    def trade(self, contract: Values) -> Values | None:
        """Return a contract's newest trade; ``None`` if there is none."""
        listing = self._seen(contract)
        if listing is None or not listing.traded or _is_option(listing):
            return None
        return self._of(listing).newest(self._now())

    def trades(self, contract: Values, begins: float, ends: float) -> Iterator[Values]:
        """Yield the trades from a moment on until before another, as :meth:`trade` has them, with their ``time``."""
        listing = self._seen(contract)
        if listing is not None and listing.traded and not _is_option(listing):
            yield from self._of(listing).trades(begins, ends)

    def quotes(self, contract: Values, begins: float, ends: float) -> Iterator[Values]:
        """Yield bid, ask and sizes as they came up from a moment on until before another, with their ``time``."""
        listing = self._seen(contract)
        if listing is not None and not _is_option(listing):
            yield from self._of(listing).quotes(begins, ends)

    def bar(self, contract: Values, shown: str, begins: float, ends: float) -> Values | None:
        """Return what was traded or quoted between two moments; ``None`` if nothing is known."""
        listing = self._seen(contract)
        if listing is None or (shown == "TRADES" and (_is_option(listing) or not listing.traded)):
            return None
        if _is_option(listing):
            return self._option_bar(listing, shown, begins, ends)
        if shown == VOLATILITY:
            return _volatility_bar(listing, self._of(listing).bar("MIDPOINT", begins, ends))
        return self._of(listing).bar(shown, begins, ends)

    def auction(self, contract: Values, when: float, *, opens: bool) -> float | None:
        """Return the price of the first trade from a moment on, or the last before it; of a pair the middle."""
        begins = when if opens else when - _AUCTION
        shown = (self.bar(contract, each, begins, begins + _AUCTION) for each in ("TRADES", "MIDPOINT"))
        found = next((bar for bar in shown if bar is not None), None)
        return None if found is None else float(str(found["open" if opens else "close"]))

    def model(self, contract: Values) -> tuple[Computed, float] | None:
        """Return what the model makes of an option now, and the price of its underlying; ``None`` if it cannot."""
        listing = self._seen(contract)
        return None if listing is None or not _is_option(listing) else self._model(listing)

    def _seen(self, contract: Values) -> Listing | None:
        listing = self._listings.get(int(str(contract["con_id"])))
        return None if listing is None or listing.entitlement == "none" else listing

    def _of(self, listing: Listing) -> TradedPrices:
        con_id = int(str(listing.details["con_id"]))
        if con_id not in self._traded:
            waves = con_id if listing.underlying is None else listing.underlying
            keys = (mixed(self._seed ^ number) for number in (con_id, waves))
            self._traded[con_id] = TradedPrices(listing, *keys)
        return self._traded[con_id]

    def _model(self, listing: Listing) -> tuple[Computed, float] | None:
        underlying = self._listings.get(listing.underlying or 0)
        if underlying is None or listing.expires is None or listing.strike is None:
            return None
        price = self._of(underlying).middle(self._now())
        found = _computed_at(listing, self._now(), price)
        return None if found is None else (found, price)

    def _option_bar(self, listing: Listing, shown: str, begins: float, ends: float) -> Values | None:
        """Return what an option was quoted at, by the model of the prices of its underlying (ours)."""
        underlying = self._listings.get(listing.underlying or 0)
        if underlying is None:
            return None
        below = self._of(underlying).bar("MIDPOINT", begins, ends)
        whens = {"open": begins, "high": begins, "low": begins, "close": ends}
        found = {name: _computed_at(listing, when, float(str(below[name]))) for name, when in whens.items()}
        told = {name: _side(listing, shown, one.price) for name, one in found.items() if one is not None}
        if len(told) < len(found):
            return None
        return {**told, "high": max(told.values()), "low": min(told.values()), **UNTRADED}

    def _option_quote(self, listing: Listing) -> Values | None:
        found = self._model(listing)
        if found is None:
            return None
        bid, ask = (_side(listing, side, found[0].price) for side in ("BID", "ASK"))
        sizes = {"bid_size": str(listing.lot), "ask_size": str(listing.lot)}
        return {"bid": bid, "ask": ask, **sizes, "min_tick": listing.details["min_tick"]}


def _computed_at(listing: Listing, when: float, underlying: float) -> Computed | None:
    """Return what the model makes of an option at a moment and a price; ``None`` once it has ended."""
    if listing.expires is None or listing.strike is None or listing.expires <= when:
        return None
    years = (listing.expires - when) / DAY / DAYS_A_YEAR
    option = Option(is_call=listing.right == "C", strike=listing.strike, years=years, underlying=underlying)
    return computed(option, listing.implied_volatility)


def _side(listing: Listing, shown: str, price: float) -> float:
    """Return bid, ask or midpoint of an option around the price that the model has for it, in steps of its tick."""
    tick = float(str(listing.details["min_tick"]))
    middle = max(_CHEAPEST, price)
    away = max(tick, middle * _HALF_SPREAD)
    bid, ask = (max(0.0, round(round(each / tick) * tick, 10)) for each in (middle - away, middle + away))
    return {"BID": bid, "ASK": ask}.get(shown, round((bid + ask) / 2, 10))


def _is_option(listing: Listing) -> bool:
    return listing.strike is not None


def _yearly(listing: Listing) -> float:
    return listing.volatility * math.sqrt(TRADING_DAYS)


def _volatility_bar(listing: Listing, middles: Values) -> Values:
    """Return the volatility while the midpoint was so: the lower the price, the higher it is (ours)."""
    turned = {"open": "open", "high": "low", "low": "high", "close": "close"}
    around = _yearly(listing) * listing.price
    told = {name: round(around / float(str(middles[of])), _PLACES) for name, of in turned.items()}
    return {**middles, **told}
