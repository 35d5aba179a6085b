"""Plain records of quotes, ticks, and profit and loss; see `adapters.records` for what every record keeps to."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from adapters.records import number, quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

LIVE, DELAYED = 1, 3
"""What a market data type means; IBKR's numbers."""

FIELD_OF_TICK = {
    0: "bid_size",
    1: "bid",
    2: "ask",
    3: "ask_size",
    4: "last",
    5: "last_size",
    6: "high",
    7: "low",
    8: "volume",
    9: "close",
    66: "bid",
    67: "ask",
    68: "last",
    69: "bid_size",
    70: "ask_size",
    71: "last_size",
    72: "high",
    73: "low",
    74: "volume",
    75: "close",
}
"""IBKR's tick types, live and delayed."""


@dataclass(frozen=True)
class Quote:
    """What the market says of a contract; a field is None that did not come, as while the market is closed.

    ``market_data_type`` is 1 where the quote is live and 3 where it is delayed.
    """

    market_data_type: int
    bid: float | None = None
    bid_size: str | None = None
    ask: float | None = None
    ask_size: str | None = None
    last: float | None = None
    last_size: str | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: str | None = None

    @property
    def complete(self) -> bool:
        """Tell whether nothing is missing."""
        return all(getattr(self, field.name) is not None for field in fields(self))

    @property
    def empty(self) -> bool:
        """Tell whether no price and no size came at all."""
        return self == Quote(self.market_data_type)


@dataclass(frozen=True)
class TickByTick:
    """One trade, or one change of the best bid and ask; ``time`` is seconds since 1970 in UTC."""

    kind: str
    time: int
    price: float | None = None
    size: str | None = None
    exchange: str = ""
    conditions: str = ""
    bid: float | None = None
    bid_size: str | None = None
    ask: float | None = None
    ask_size: str | None = None


@dataclass(frozen=True)
class ProfitAndLoss:
    """Profit and loss of an account, in its base currency."""

    daily: float | None
    unrealized: float | None
    realized: float | None


def price(value: Any) -> float | None:
    """Give a price; None where there is none, which the libraries show as not a number."""
    return None if value is None or math.isnan(value) else number(value)


def size(value: Any) -> str | None:
    """Give a size; None where there is none."""
    return None if value is None or math.isnan(value) else quantity(value)


def quote_of_ticks(ticks: Iterable[tuple[int, Any]], market_data_type: int) -> Quote:
    """Make a quote of ticks, each its type and its value; the last of a type counts."""
    fields_told: dict[str, Any] = {}
    for tick_type, value in ticks:
        name = FIELD_OF_TICK.get(tick_type)
        if name is not None:
            read = size if name.endswith("size") or name == "volume" else price
            fields_told[name] = read(value)
    return Quote(market_data_type, **fields_told)
