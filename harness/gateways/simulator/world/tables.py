"""Defines the tables of a world's files, with types and bounds; ``data/world/*.toml`` says what they mean."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from harness.gateways.simulator import holidays, sessions
from harness.gateways.simulator.world.expiries import LAST_DAYS, MONTH_CODES, SERIES


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _decimal(value: str) -> str:
    try:
        positive = Decimal(value) > 0
    except InvalidOperation:
        positive = False
    if not positive:
        raise ValueError('expected a positive number as text, such as "0.01"')
    return value


def _rules(value: object) -> object:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise ValueError('expected hours such as ["mon-fri 09:30-16:00"]')
    return tuple(sessions.rule(item) for item in value)


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (LookupError, OSError, ValueError):
        raise ValueError("expected the name of a time zone such as US/Eastern") from None
    return value


def _month_codes(value: str) -> str:
    if not value or set(value) - set(MONTH_CODES):
        raise ValueError(f'expected letters of months, some of "{MONTH_CODES}"')
    return value


def _last_day(value: str) -> str:
    if value not in LAST_DAYS:
        raise ValueError(f"expected one of {', '.join(LAST_DAYS)}")
    return value


def _series(value: Mapping[str, int]) -> Mapping[str, int]:
    if not value or set(value) - set(SERIES) or min(value.values()) < 1:
        raise ValueError(f"expected a table of how many of {', '.join(SERIES)}, such as {{ weekly = 8 }}")
    return value


def _clock(value: str) -> str:
    try:
        time = dt.time.fromisoformat(value)
    except ValueError:
        time = dt.time()
    if f"{time:%H:%M:%S}" != value:
        raise ValueError('expected a time of a day, such as "16:00:00"')
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
DecimalText = Annotated[str, AfterValidator(_decimal)]


def _calendar(value: str) -> str:
    if value not in {"", *holidays.calendars()}:
        raise ValueError(f"expected one of {', '.join(sorted(holidays.calendars()))}")
    return value


def _times(value: object) -> object:
    """Read times such as ``13:00``, as minutes after midnight."""
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list) or not all(isinstance(one, str) and _TIME.fullmatch(one) for one in value):
        raise ValueError('expected times such as ["17:00", "13:00"]')
    return tuple(int(one[:2]) * 60 + int(one[3:]) for one in value)


_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

Rules = Annotated[tuple[sessions.Rule, ...], BeforeValidator(_rules)]
Clock = Annotated[str, AfterValidator(_clock)]
Positive = Annotated[float, Field(gt=0, lt=1e12, allow_inf_nan=False)]
Part = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SessionTable(_Table):
    """``[session.NAME]``."""

    zone: Annotated[str, AfterValidator(_zone)]
    trading: Rules
    liquid: Rules
    calendar: Annotated[str, AfterValidator(_calendar)] = ""
    early: Annotated[tuple[int, int], BeforeValidator(_times)] = (1440, 1440)


class KindTable(_Table):
    """``[kind.NAME]``: what instruments of one kind have in common."""

    session: str
    sec_type: str
    exchange: str
    valid_exchanges: Words
    currency: str = "USD"
    order_types: Words
    min_tick: DecimalText
    market_rules: Annotated[tuple[int, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    price_magnifier: Annotated[int, Field(ge=1, le=10000)] = 1
    md_size_multiplier: Annotated[int, Field(ge=1)] = 1
    agg_group: int | None = None
    stock_type: str = ""
    min_size: DecimalText = "1"
    size_increment: DecimalText = "1"
    suggested_size_increment: DecimalText = "1"
    primary_exchange: str = ""
    trading_class: str = ""
    volatility: Part
    spread: Count
    trades: Count
    lot: Count
    traded: bool = True
    entitlement: Literal["live", "delayed", "none"]
    derivatives: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    scanned: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()


class BondTable(_Table):
    """``bond`` of a ``[[listing]]``: fields of ``bond_contract_data``; ``last_trade`` is the day of repayment."""

    cusip: Annotated[str, Field(pattern=r"^[0-9A-Z]{9}$")]
    coupon: Annotated[str, AfterValidator(_decimal)]
    last_trade: Annotated[str, Field(pattern=r"^\d{8}$")]
    issue_date: Annotated[str, Field(pattern=r"^\d{8}$")]
    bond_type: str
    coupon_type: str
    desc_append: str
    ratings: str = ""
    callable: bool = False
    issuer_id: str = ""


class ListingTable(_Table):
    """``[[listing]]``: an instrument that lasts."""

    kind: str
    con_id: Annotated[int, Field(ge=1, lt=980_000_000)] | None = None
    number: Annotated[int, Field(ge=1, lt=10_000_000)] | None = None
    symbol: Annotated[str, Field(min_length=1)]
    local_symbol: str | None = None
    trading_class: str | None = None
    currency: str | None = None
    exchange: str | None = None
    valid_exchanges: Words | None = None
    primary_exchange: str | None = None
    min_tick: DecimalText | None = None
    market_rules: Annotated[tuple[int, ...], BeforeValidator(_as_tuple), Field(min_length=1)] | None = None
    stock_type: str | None = None
    long_name: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    isin: str = ""
    bond: BondTable | None = None
    price: Positive | None = None
    volatility: Part | None = None
    spread: Count | None = None
    trades: Count | None = None
    lot: Count | None = None
    entitlement: Literal["live", "delayed", "none"] | None = None
    underlying: int | None = None


class FutureTable(_Table):
    """``[[future]]``: a future with all its contract months."""

    kind: str
    number: Annotated[int, Field(ge=1, le=999)]
    symbol: Annotated[str, Field(min_length=1)]
    trading_class: str
    exchange: str
    currency: str = "USD"
    multiplier: str
    min_tick: DecimalText
    market_rules: Annotated[tuple[int, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    months: Annotated[str, AfterValidator(_month_codes)]
    listed: Annotated[int, Field(ge=1, le=60)]
    last_day: Annotated[str, AfterValidator(_last_day)]
    last_time: Clock
    index: int
    underlying: int | None = None
    carry: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] = 0.0
    long_name: str = ""
    price_magnifier: Annotated[int, Field(ge=1, le=10000)] | None = None


class Band(_Table):
    """How far apart strikes are, up to a part of the underlying's price away from it."""

    within: Part
    step: Positive


class ChainTable(_Table):
    """``[[chain]]``: all options of one trading class."""

    kind: str
    number: Annotated[int, Field(ge=1, le=46)]
    underlying: int | None = None
    future: str | None = None
    trading_class: Annotated[str, Field(min_length=1, max_length=6)]
    multiplier: str
    series: Annotated[dict[str, int], AfterValidator(_series)]
    ends_on_eve: bool = False
    last_time: Clock
    strikes: Annotated[tuple[Band, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    valid_exchanges: Words | None = None


class IncrementTable(_Table):
    """One step of a market rule."""

    low_edge: Annotated[float, Field(ge=0)]
    increment: Positive


class MarketRuleTable(_Table):
    """``[[market_rule]]``: how far apart prices are."""

    market_rule_id: Annotated[int, Field(ge=1)]
    increments: Annotated[tuple[IncrementTable, ...], BeforeValidator(_as_tuple), Field(min_length=1)]


class Document(_Table):
    """All tables of a world."""

    session: dict[str, SessionTable]
    kind: dict[str, KindTable]
    listing: Annotated[tuple[ListingTable, ...], BeforeValidator(_as_tuple)]
    future: Annotated[tuple[FutureTable, ...], BeforeValidator(_as_tuple)] = ()
    chain: Annotated[tuple[ChainTable, ...], BeforeValidator(_as_tuple)] = ()
    market_rule: Annotated[tuple[MarketRuleTable, ...], BeforeValidator(_as_tuple)] = ()
