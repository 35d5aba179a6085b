"""Says what an order is filled with by a quote. Everything is inferred, unless said otherwise.

A market order takes the opposite side at once (documented), as much as is shown; what it needs beyond comes one price
step worse each time, and twice as much of it. A limit order takes of that what its limit allows. An order that rests is
filled at its own limit once the market gets there. Stops go by the last price, where there is none by the side that
they would take (documented as the default method). ``data/trading/order_types.toml`` says which type does which.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from harness.gateways.simulator.trading.kinds import Takes, Waits
from harness.gateways.simulator.trading.order import Order, Values

ADDED, REMOVED = 1, 2
"""What a fill did to liquidity (captured)."""

ANY_SIGN = "any_sign"
"""A field of the quotes of combinations."""

_NO_NOISE = 8
"""Decimals of a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One fill."""

    price: float
    shares: Decimal
    liquidity: int


def state_of(quote: Values | None) -> object:
    """Return what an order looks at: while it is equal, nothing has changed for it."""
    return None if quote is None else tuple(quote.get(name) for name in ("bid", "bid_size", "ask", "ask_size", "last"))


def price_of(quote: Values, name: str) -> float | None:
    """Return a price of a quote; ``None`` where there is none: -1, 0 and the largest number stand for that, too.

    What a combination costs may be nothing, or less.
    """
    value = quote.get(name)
    price = 0.0 if value is None else float(str(value))
    if quote.get(ANY_SIGN):
        return None if value is None else price
    return price if 0 < price < math.inf and price < 1e300 else None  # noqa: PLR2004 - far above any price


def reference(order: Order, quote: Values) -> float | None:
    """Return the price that a stop looks at."""
    return price_of(quote, "last") or price_of(quote, "ask" if order.buys else "bid")


def look_at(order: Order, quote: Values) -> bool:
    """Move a trailing stop, and trigger what the price has reached; return whether it was triggered just now."""
    last = reference(order, quote)
    if not order.waits_for_trigger or last is None:
        return False
    if order.rule.trails:
        _trail(order, last)
    stop = order.stop if order.rule.trails else order.price("aux_price")
    if stop is None:
        return False
    rises = order.buys == (order.rule.waits is Waits.STOP)
    order.triggered = last >= stop if rises else last <= stop
    return order.triggered


def _trail(order: Order, last: float) -> None:
    """Keep the stop at its distance, but never farther from the market than it was (documented)."""
    percent = order.price("trailing_percent")
    away = last * percent / 100 if percent else (order.price("aux_price") or 0.0)
    above = order.buys == (order.rule.waits is Waits.STOP)
    wanted = round(last + away if above else last - away, _NO_NOISE)
    if not math.isfinite(wanted):
        return
    now = order.stop if order.stop is not None else order.price("trail_stop_price")
    nearer = min if above else max
    order.stop = wanted if now is None else nearer(now, wanted)


def limit_of(order: Order) -> float | None:
    """Return the worst price that an order takes; ``None`` if it takes any, or has none."""
    if order.rule.takes is Takes.PEG:
        return order.pegged
    if not order.rule.trails:
        limit = order.price("limit_price")
        return _of_legs(order) if limit is None else limit
    offset, stop = order.price("limit_price_offset") or 0.0, order.stop or 0.0
    return round(stop + offset if order.buys else stop - offset, _NO_NOISE)


def _of_legs(order: Order) -> float | None:
    """Return the price of a combination of which each leg has one; ``None`` if they have not."""
    legs, prices = order.values.get("combo_legs"), order.values.get("order_combo_leg_prices")
    if not isinstance(legs, (list, tuple)) or not isinstance(prices, (list, tuple)) or len(legs) != len(prices):
        return None
    told = [(leg, row.get("price")) for leg, row in zip(legs, prices, strict=True)]
    if not told or any(price is None for _, price in told):
        return None
    worth = (float(str(price)) * int(str(leg["ratio"])) * (1 if leg["action"] == "BUY" else -1) for leg, price in told)
    return round(sum(worth), _NO_NOISE)


def takes_any(order: Order) -> bool:
    """Return whether an order takes any price; one that takes the best alone is limited by what it has paid."""
    return order.rule.takes is Takes.ANY or (order.rule.takes is Takes.BEST and not order.filled)


def allows(order: Order, price: float) -> bool:
    """Return whether an order takes a price."""
    limit = None if takes_any(order) else limit_of(order)
    return takes_any(order) or (limit is not None and _takes(order, limit, price))


def tick_of(order: Order) -> float:
    """Return the step of an order's prices."""
    tick = float(str(order.contract.get("min_tick") or 0))
    return tick if tick > 0 else 0.01


def parts(order: Order, quote: Values, tick: float) -> Iterator[Part]:
    """Yield what an order is filled with, best price first."""
    best = price_of(quote, "ask" if order.buys else "bid")
    if order.waits_for_trigger or order.rule.takes is Takes.NOTHING or best is None or not allows(order, best):
        return
    limit = None if takes_any(order) else limit_of(order)
    if limit is not None and order.rests:
        yield from _resting(order, quote, limit)
        return
    levels = _levels(order, quote, best, tick, limit)
    yield from islice(levels, 1) if order.rule.takes is Takes.BEST else levels


def _takes(order: Order, limit: float, price: float) -> bool:
    return price <= limit if order.buys else price >= limit


def _resting(order: Order, quote: Values, limit: float) -> Iterator[Part]:
    shown = _shown(order, quote)
    yield Part(price=limit, shares=min(order.remaining, shown or order.remaining), liquidity=ADDED)


def _levels(order: Order, quote: Values, best: float, tick: float, limit: float | None) -> Iterator[Part]:
    left, shown, price = order.remaining, _shown(order, quote) or order.remaining, best
    lowest = -math.inf if quote.get(ANY_SIGN) else tick
    while left > 0 and (limit is None or _takes(order, limit, price)):
        shares = min(left, shown)
        yield Part(price=price, shares=shares, liquidity=REMOVED)
        left, shown = left - shares, 2 * shown
        price = round(price + tick if order.buys else max(price - tick, lowest), _NO_NOISE)


def _shown(order: Order, quote: Values) -> Decimal:
    return max(Decimal(0), Decimal(str(quote.get("ask_size" if order.buys else "bid_size") or 0)))
