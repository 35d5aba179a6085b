"""Plain records of contracts and option chains; as in `adapters.records`, every field is JSON as it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """The contract that a request is about, in IBKR's terms; what is empty is left open.

    ``expiry`` is a day or a month, ``strike`` and ``right`` are those of an option. ``con_id`` 0 leaves it to the
    gateway to find the contract; ib_async 2 subscribes to no quote without it.
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

    ``expiry`` is a day, ``last_trade_time`` its clock where the gateway tells it, ``under_con_id`` that of what a
    derivative is of, else None. Hours are text as the gateway wrote it. ``sec_ids`` has texts such as ``ISIN=US…``.
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
    """The options of one underlying, exchange and trading class: days, and strikes as text, both in their order."""

    exchange: str
    underlying_con_id: int
    trading_class: str
    multiplier: str | None
    expirations: tuple[str, ...]
    strikes: tuple[str, ...]
