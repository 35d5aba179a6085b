"""Defines the plain records of contracts, option chains, quotes, ticks, bars, and profit and loss.

`adapters.records` has the rules for all records.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from adapters import records
from adapters.records import number, quantity

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Wanted:
    """The contract that a request is about, in IBKR's terms; empty fields match anything.

    ``expiry`` is a day or a month, ``strike`` and ``right`` are those of an option. With ``con_id`` 0 the gateway finds
    the contract; ib_async 2 subscribes to quotes only with a ``con_id``.
    """

    symbol: str
    sec_type: str
    exchange: str
    currency: str
    expiry: str = ""
    strike: float | None = None
    right: str = ""
    con_id: int = 0


@dataclass(frozen=True)
class ContractDetails:
    """What the gateway knows of one contract.

    ``expiry`` is a day, ``last_trade_time`` the time on it, if the gateway sends one. ``under_con_id`` is the contract
    id of a derivative's underlying, else None. Hours are text as the gateway wrote it. ``sec_ids`` has texts such as
    ``ISIN=US…``.
    """

    con_id: int
    symbol: str
    sec_type: str
    expiry: str
    last_trade_time: str
    strike: float | None
    right: str
    multiplier: str | None
    exchange: str
    primary_exchange: str
    currency: str
    local_symbol: str
    trading_class: str
    market_name: str
    min_tick: float | None
    order_types: str
    valid_exchanges: str
    price_magnifier: int | None
    under_con_id: int | None
    under_symbol: str
    under_sec_type: str
    long_name: str
    contract_month: str
    industry: str
    category: str
    subcategory: str
    time_zone_id: str
    trading_hours: str
    liquid_hours: str
    sec_ids: tuple[str, ...]
    agg_group: int | None
    market_rule_ids: str
    real_expiration_date: str
    stock_type: str
    min_size: str | None
    size_increment: str | None
    suggested_size_increment: str | None


@dataclass(frozen=True)
class OptionChain:
    """The options of one underlying, exchange and trading class: expiries, and strikes as text, both sorted."""

    exchange: str
    underlying_con_id: int
    trading_class: str
    multiplier: str | None
    expirations: tuple[str, ...]
    strikes: tuple[str, ...]


DAY_LENGTH = len("20261120")


@dataclass(frozen=True)
class WantedBars:
    """Which bars a request is about, in IBKR's terms; they end now.

    ``format_date`` is 1 for times as text, 2 for seconds since 1970; the record is the same.
    """

    bar_size: str
    duration: str
    format_date: int = 1


@dataclass(frozen=True)
class Bar:
    """One bar; ``time`` is a day as the gateway writes it, or the moment at which the bar begins (see `bar_time`).

    ``volume`` is a size, ``wap`` the average price weighted by it, as text; ``count`` says how many trades there were.
    """

    time: str
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: str | None
    wap: str | None
    count: int | None


def bar(row: Any) -> Bar:
    """Make the record of a bar; ibapi 10 renamed its average."""
    return Bar(
        time=bar_time(row.date),
        open=records.number(row.open),
        high=records.number(row.high),
        low=records.number(row.low),
        close=records.number(row.close),
        volume=records.quantity(row.volume),
        wap=records.quantity(row.wap if hasattr(row, "wap") else row.average),
        count=records.whole(row.barCount),
    )


def bar_time(value: Any) -> str:
    """Return a day as it is written, and a moment as `adapters.records.time` does; seconds since 1970 are UTC."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return f"{value:%Y%m%d}"
    if isinstance(value, str) and value.isdigit():
        if len(value) == DAY_LENGTH:
            return value
        value = dt.datetime.fromtimestamp(int(value), dt.timezone.utc)
    return records.time(value)


LIVE, DELAYED = 1, 3
"""IBKR's numbers for types of market data."""

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
    """A quote of a contract; a field is None if it did not come, for example while the market is closed.

    ``market_data_type`` is 1 if the quote is live and 3 if it is delayed.
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
        """Return whether no field is missing."""
        return all(getattr(self, field.name) is not None for field in fields(self))

    @property
    def empty(self) -> bool:
        """Return whether no price and no size came at all."""
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


@dataclass(frozen=True)
class HoldingProfit:
    """Profit and loss of one holding, and its value, in the account's base currency; ``position`` is its size."""

    con_id: int
    position: str | None
    daily: float | None
    unrealized: float | None
    realized: float | None
    value: float | None


def price(value: Any) -> float | None:
    """Return a price, or None if there is none, for which the libraries have NaN."""
    return None if value is None or math.isnan(value) else number(value)


def size(value: Any) -> str | None:
    """Return a size, or None if there is none."""
    return None if value is None or math.isnan(value) else quantity(value)


def quote_of_ticks(ticks: Iterable[tuple[int, Any]], market_data_type: int) -> Quote:
    """Return a quote from ticks, each a type and a value; the last tick of a type counts."""
    fields_told: dict[str, Any] = {}
    for tick_type, value in ticks:
        name = FIELD_OF_TICK.get(tick_type)
        if name is not None:
            read = size if name.endswith("size") or name == "volume" else price
            fields_told[name] = read(value)
    return Quote(market_data_type, **fields_told)
