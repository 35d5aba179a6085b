"""Looks at the numbers of an order: what is no number, and what is larger or smaller than any market has."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.wire.catalogue import Field, Kind, catalogue
from harness.wire.message import Message, Value

LARGEST = Decimal(10) ** 12
"""Of a size, and of a price (ours): below it what an order is worth can be computed, and told."""
_SMALLEST = Decimal("1e-8")
"""Of a size: the smallest increment of any contract, a coin's (inferred)."""

_NUMBERS = frozenset({Kind.FLOAT, Kind.DECIMAL, Kind.NUMBER})
_PRICES = ("limit_price", "aux_price", "trail_stop_price", "limit_price_offset", "trailing_percent")


def not_finite(request: Message) -> str | None:
    """Return the name of the first field that is infinite, or no number; ``None`` if there is none.

    A gateway could not tell such an order to anybody; in few fields infinity has a meaning.
    """
    return next(_not_finite(catalogue().by_name[request.name].fields, request.values), None)


def _not_finite(fields: Sequence[Field], values: Mapping[str, Value]) -> Iterator[str]:
    for field in fields:
        value: Any = values.get(field.name)
        if field.kind is Kind.LIST:
            for item in value or ():
                yield from _not_finite(field.items, item)
        elif field.kind in _NUMBERS and value not in {None, ""} and not _may_be(field, float(value)):
            yield field.name


def _may_be(field: Field, number: float) -> bool:
    return math.isfinite(number) or (field.infinite and number > 0)


def has_beyond(request: Message) -> bool:
    """Return whether a price is larger than any."""
    legs: Any = request.values.get("order_combo_leg_prices") or ()
    prices: list[Any] = [request.values.get(name) for name in _PRICES]
    prices += [leg.get("price") for leg in legs]
    return any(price is not None and math.isfinite(price) and abs(price) > LARGEST for price in prices)


def size_of(request: Message) -> Decimal:
    """Return the size of an order; 0 if it is no number."""
    try:
        size = Decimal(str(request["total_quantity"] or 0))
    except InvalidOperation:
        return Decimal(0)
    return size if size.is_finite() else Decimal(0)


def is_size(size: Decimal) -> bool:
    """Return whether an order may be of a size."""
    return _SMALLEST <= size <= LARGEST


def bought_for(cash: object, price: float) -> Decimal:
    """Return how much an amount of money buys at a price.

    Inferred: rounded down to four decimals, which is the increment of details as captured.
    """
    bought = Decimal(str(cash)) / Decimal(str(price))
    return bought if bought > LARGEST else bought // Decimal("0.0001") * Decimal("0.0001")


def is_wrong_size(request: Message) -> bool:
    """Return whether an order has no size that it may be of, nor an amount of money in its place."""
    size, cash = size_of(request), float(str(request.values.get("cash_quantity") or 0))
    if not (math.isfinite(cash) and cash >= 0):
        return True
    return not is_size(size) and not (size == 0 and cash > 0)
