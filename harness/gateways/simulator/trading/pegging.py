"""Finds the prices of pegged orders: the rules of ``data/trading/order_types.toml``.

A pegged order is in the book at the price that it had when the market was looked at before. It is filled there once the
market comes to it; else it follows. How a paper account fills such orders is not published, so this is inferred.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.gateways.simulator.trading.kinds import Pegs
from harness.gateways.simulator.trading.matching import price_of
from harness.gateways.simulator.trading.order import Order, Values

Quotes = Callable[[Values], Values | None]
"""Returns the quote of a contract, of which the con id is enough."""

_NO_NOISE = 8


def reference_of(order: Order, quotes: Quotes) -> float | None:
    """Return the price of the other contract that an order is pegged to: a benchmark's, or an option's stock's."""
    if order.rule.pegs is not Pegs.REFERENCE:
        return None
    con_id = order.values.get("reference_contract_id") or order.contract.get("under_con_id")
    quote = quotes({"con_id": con_id}) if con_id else None
    return None if quote is None else _middle(quote) or price_of(quote, "last")


def follow(order: Order, quote: Values, reference: float | None) -> None:
    """Move a pegged order with its market, unless the market has come to it, or it is pegged once."""
    if order.pegged is not None and (order.rule.once or _is_reached(order, order.pegged, quote)):
        return
    wanted = _target(order, quote, reference)
    if wanted != order.pegged:
        order.pegged, order.rests = wanted, False


def _is_reached(order: Order, price: float, quote: Values) -> bool:
    best = price_of(quote, "ask" if order.buys else "bid")
    return best is not None and (best <= price if order.buys else best >= price)


def _target(order: Order, quote: Values, reference: float | None) -> float | None:
    price = _pegged_to(order, quote, reference)
    if price is None:
        return None
    wanted = price + _offset(order, price)
    if order.kind == "PEGBEST" and (middle := _middle(quote)) is not None:
        wanted = min(wanted, middle) if order.buys else max(wanted, middle)
    cap = order.price("limit_price")
    if cap:
        wanted = min(wanted, cap) if order.buys else max(wanted, cap)
    return round(wanted, _NO_NOISE) if math.isfinite(wanted) else None


def _pegged_to(order: Order, quote: Values, reference: float | None) -> float | None:
    match order.rule.pegs:
        case Pegs.OWN:
            return price_of(quote, "bid" if order.buys else "ask")
        case Pegs.OPPOSITE:
            return price_of(quote, "ask" if order.buys else "bid")
        case Pegs.MIDDLE:
            return _middle(quote)
        case _:
            return _from_start(order, reference)


def _middle(quote: Values) -> float | None:
    bid, ask = price_of(quote, "bid"), price_of(quote, "ask")
    return None if bid is None or ask is None else round((bid + ask) / 2, _NO_NOISE)


def _from_start(order: Order, reference: float | None) -> float | None:
    """Return the starting price, moved as the reference has moved; without a reference it stands."""
    start, before = order.price("starting_price"), order.price("stock_ref_price")
    if start is None:
        return None
    moved = reference - before if reference is not None and before else 0.0
    if order.kind != "PEGBENCH":
        return start + moved * (order.price("delta") or 0.0)
    step = order.price("reference_change_amount")
    away = moved / step * (order.price("pegged_change_amount") or 0.0) if step else 0.0
    return start - away if order.values.get("pegged_change_decrease") else start + away


def _offset(order: Order, price: float) -> float:
    """Return what is added to the price that an order is pegged to."""
    if order.kind == "PEGBEST":
        away = order.price("compete_against_best_offset") or 0.0
    else:
        away = order.price("aux_price") or price * (order.price("percent_offset") or 0.0)
    if not order.rule.offset or not (math.isfinite(away) or order.kind == "PEGBEST"):
        return 0.0
    towards = order.buys == (order.rule.offset == "toward")
    return away if towards else -away
