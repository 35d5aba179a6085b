"""Says what an order is filled with by a quote. Everything is inferred, unless said otherwise.

A market order takes the opposite side at once (documented), as much as is shown; what it needs beyond comes one price
step worse each time, and twice as much of it. A limit order takes of that what its limit allows. An order that rests is
filled at its own limit once the market gets there. Stops go by the last price, where there is none by the side that
they would take (documented as the default method).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from harness.gateways.simulator.trading.order import AT_MARKET, STOPS, TRAILS, WITH_LIMIT, Order, Values

ADDED, REMOVED = 1, 2
"""What a fill did to liquidity (captured)."""

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
    """Return a price of a quote; ``None`` where there is none: -1, 0 and the largest number stand for that, too."""
    value = quote.get(name)
    price = 0.0 if value is None else float(str(value))
    return price if 0 < price < math.inf and price < 1e300 else None  # noqa: PLR2004 - far above any price


def reference(order: Order, quote: Values) -> float | None:
    """Return the price that a stop looks at."""
    return price_of(quote, "last") or price_of(quote, "ask" if order.buys else "bid")


def look_at(order: Order, quote: Values) -> bool:
    """Move a trailing stop, and trigger what the price has reached; return whether it was triggered just now."""
    last = reference(order, quote)
    if not order.waits_for_trigger or last is None:
        return False
    if order.kind in TRAILS:
        _trail(order, last)
    stop = order.stop if order.kind in TRAILS else order.price("aux_price")
    if stop is None:
        return False
    rises = order.buys == (order.kind in STOPS)
    order.triggered = last >= stop if rises else last <= stop
    return order.triggered


def _trail(order: Order, last: float) -> None:
    """Keep the stop at its distance, but never farther from the market than it was (documented)."""
    percent = order.price("trailing_percent")
    away = last * percent / 100 if percent else (order.price("aux_price") or 0.0)
    wanted = round(last + away if order.buys else last - away, _NO_NOISE)
    now = order.stop if order.stop is not None else order.price("trail_stop_price")
    nearer = min if order.buys else max
    order.stop = wanted if now is None else nearer(now, wanted)


def limit_of(order: Order) -> float | None:
    """Return the worst price that an order takes; ``None`` if it takes any."""
    if order.kind not in {"TRAILLIMIT", "TRAILLMT"}:
        return order.price("limit_price")
    offset, stop = order.price("limit_price_offset") or 0.0, order.stop or 0.0
    return round(stop + offset if order.buys else stop - offset, _NO_NOISE)


def parts(order: Order, quote: Values, tick: float) -> Iterator[Part]:
    """Yield what an order is filled with, best price first."""
    takes_any = order.kind in AT_MARKET
    if order.waits_for_trigger or not (takes_any or order.kind in WITH_LIMIT):
        return
    best = price_of(quote, "ask" if order.buys else "bid")
    limit = None if takes_any else limit_of(order)
    if best is None or (not takes_any and limit is None):
        return
    if limit is not None and not _takes(order, limit, best):
        return
    if limit is not None and order.rests:
        yield from _resting(order, quote, limit)
        return
    yield from _levels(order, quote, best, tick, limit)


def _takes(order: Order, limit: float, price: float) -> bool:
    return price <= limit if order.buys else price >= limit


def _resting(order: Order, quote: Values, limit: float) -> Iterator[Part]:
    shown = _shown(order, quote)
    yield Part(price=limit, shares=min(order.remaining, shown or order.remaining), liquidity=ADDED)


def _levels(order: Order, quote: Values, best: float, tick: float, limit: float | None) -> Iterator[Part]:
    left, shown, price = order.remaining, _shown(order, quote) or order.remaining, best
    while left > 0 and (limit is None or _takes(order, limit, price)):
        shares = min(left, shown)
        yield Part(price=price, shares=shares, liquidity=REMOVED)
        left, shown = left - shares, 2 * shown
        price = round(price + tick if order.buys else max(price - tick, tick), _NO_NOISE)


def _shown(order: Order, quote: Values) -> Decimal:
    return max(Decimal(0), Decimal(str(quote.get("ask_size" if order.buys else "bid_size") or 0)))
