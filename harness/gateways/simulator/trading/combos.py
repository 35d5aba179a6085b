"""Knows combinations: their legs, what they cost, and what each leg is filled at.

A combination is bought where its legs are: those to buy at their ask, those to sell at their bid (documented as the
implied price; how SMART fills one is ours). The con id, the trading class and the description are captured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.gateways.simulator.trading.matching import ANY_SIGN, price_of
from harness.gateways.simulator.trading.order import Values
from harness.wire.message import Message, Value

COMBO = "BAG"
_CON_ID, _CLASS = 28812380, "COMB"
"""Captured of one combination; that all others have the same is inferred."""

_TICK = 0.01
_NO_NOISE = 8
_SIDES = {"bid": ("bid", "ask"), "ask": ("ask", "bid"), "last": ("last", "last")}
"""A side of a combination: what it is of a leg that is bought, and of one that is sold."""

Quotes = Callable[[Values], Values | None]
"""Returns the quote of one contract."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg.

    Args:
        contract: what it is.
        ratio: how many of it one combination has.
        buys: whether who buys the combination buys it.
    """

    contract: Values
    ratio: int
    buys: bool

    @property
    def signed(self) -> int:
        """How many of it one combination adds to a position."""
        return self.ratio if self.buys else -self.ratio


def is_combo(contract: Values) -> bool:
    """Return whether a contract is a combination."""
    return contract.get("sec_type") == COMBO


def combo_of(request: Message, legs: list[Values]) -> Values:
    """Return the contract of a combination.

    Args:
        request: it has the combination and its legs.
        legs: the contract of each leg.
    """
    asked: Any = request["combo_legs"]
    rows = tuple(
        {"contract": contract, "ratio": int(leg["ratio"]), "action": leg["action"]}
        for leg, contract in zip(asked, legs, strict=True)
    )
    signs = (f"{row['contract']['con_id']}|{row['ratio'] if _buys(row) else -row['ratio']}" for row in rows)
    named: dict[str, Value] = {name: request[name] for name in ("symbol", "sec_type", "exchange", "currency")}
    named |= {"con_id": _CON_ID, "trading_class": _CLASS, "combo_legs_description": ",".join(signs)}
    told: dict[str, Any] = {**named, "min_tick": str(_TICK), "legs": rows}
    return told


def legs_of(contract: Values) -> tuple[Leg, ...]:
    """Return the legs of a combination; of any other contract, itself."""
    rows: Any = contract.get("legs")
    if not is_combo(contract):
        return (Leg(contract, 1, buys=True),)
    return tuple(Leg(row["contract"], int(row["ratio"]), buys=_buys(row)) for row in rows or ())


def _buys(row: Mapping[str, Any]) -> bool:
    return str(row["action"]).upper() == "BUY"


def quote_of(contract: Values, quotes: Quotes) -> Values | None:
    """Return the quote of a contract; of a combination, what its legs make together, or ``None`` if one has none."""
    if not is_combo(contract):
        return quotes(contract) if contract.get("con_id") else None
    legs = [(leg, quotes(leg.contract)) for leg in legs_of(contract)]
    known = [(leg, quote) for leg, quote in legs if quote is not None]
    if not legs or len(known) < len(legs):
        return None
    sides = {side: _together(side, known) for side in _SIDES}
    told: dict[str, Value] = {side: price for side, price in sides.items() if price is not None}
    sizes = {f"{side}_size": f"{_size(side, known)}" for side in ("bid", "ask")}
    return {**told, **sizes, "min_tick": str(_TICK), ANY_SIGN: True}


def _together(side: str, legs: list[tuple[Leg, Values]]) -> float | None:
    prices = [(leg, price_of(quote, _SIDES[side][not leg.buys])) for leg, quote in legs]
    if any(price is None for _, price in prices):
        return None
    return round(math.fsum(leg.signed * (price or 0.0) for leg, price in prices), _NO_NOISE)


def _size(side: str, legs: list[tuple[Leg, Values]]) -> int:
    """Return how many combinations the sizes that are shown of the legs are enough for."""
    shown = (Decimal(str(quote.get(f"{_SIDES[side][not leg.buys]}_size") or 0)) // leg.ratio for leg, quote in legs)
    return int(min(shown))


def leg_prices(contract: Values, price: float, quotes: Quotes, *, buys: bool) -> Iterator[tuple[Leg, float]]:
    """Yield each leg of a fill and its price: that of its side; the first bears the rest (ours)."""
    legs = legs_of(contract)
    each = [_price(quotes(leg.contract), buys=buys == leg.buys) for leg in legs]
    rest = price - math.fsum(leg.signed * found for leg, found in zip(legs, each, strict=True))
    each[0] = round(each[0] + rest / legs[0].signed, _NO_NOISE)
    yield from zip(legs, each, strict=True)


def _price(quote: Values | None, *, buys: bool) -> float:
    if quote is None:
        return 0.0
    return price_of(quote, "ask" if buys else "bid") or price_of(quote, "last") or 0.0
