"""Defines the plain records of scans, news, market rules and symbols.

`adapters.records` has the rules for all records.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from adapters import records


@dataclass(frozen=True)
class WantedScan:
    """Which scan a request is about, in IBKR's terms."""

    instrument: str
    location: str
    code: str
    rows: int


@dataclass(frozen=True)
class ScanRow:
    """One row of a scan; the texts after the contract depend on the kind of scan."""

    rank: int
    con_id: int
    symbol: str
    sec_type: str
    expiry: str
    strike: float | None
    right: str
    exchange: str
    currency: str
    local_symbol: str
    market_name: str
    trading_class: str
    distance: str
    benchmark: str
    projection: str
    legs: str


@dataclass(frozen=True)
class NewsProvider:
    """A source of news."""

    code: str
    name: str


@dataclass(frozen=True)
class Headline:
    """One headline; ``time`` is ISO 8601 without an offset, because the gateway names no zone."""

    time: str
    provider: str
    article_id: str
    headline: str


@dataclass(frozen=True)
class Article:
    """One article; ``kind`` is 0 for text or HTML and 1 for binary data."""

    kind: int
    text: str


@dataclass(frozen=True)
class PriceStep:
    """From which price on orders have which price increment."""

    rule: int
    low_edge: float | None
    increment: float | None


@dataclass(frozen=True)
class SymbolSample:
    """One find of a search for symbols; an issuer of bonds has no contract id, which is None."""

    con_id: int | None
    symbol: str
    sec_type: str
    primary_exchange: str
    currency: str
    derivative_sec_types: tuple[str, ...]
    description: str
    issuer_id: str


def scan_row(rank: Any, details: Any, *texts: str) -> ScanRow:
    """Make the record of a row of a scan, from the arguments of IBKR's callback."""
    contract = details.contract
    distance, benchmark, projection, legs = texts
    return ScanRow(
        rank=int(rank),
        con_id=int(contract.conId),
        symbol=contract.symbol,
        sec_type=contract.secType,
        expiry=contract.lastTradeDateOrContractMonth,
        strike=records.strike(contract.strike),
        right=records.right(contract.right),
        exchange=contract.exchange,
        currency=contract.currency,
        local_symbol=contract.localSymbol,
        market_name=details.marketName,
        trading_class=contract.tradingClass,
        distance=distance or "",
        benchmark=benchmark or "",
        projection=projection or "",
        legs=legs or "",
    )


def headline(row: tuple[Any, ...]) -> Headline:
    """Make the record of a headline, from the arguments of IBKR's callback without the request id."""
    time, provider, article_id, text = row
    return Headline(clock(time), provider, article_id, text)


def clock(value: Any) -> str:
    """Return a time of news as ISO 8601, whether a library passes the gateway's text on or reads it."""
    if isinstance(value, dt.datetime):
        return records.time(value)
    try:
        return dt.datetime.strptime(value, "%Y-%m-%d %H:%M:%S.%f").isoformat()  # noqa: DTZ007 - no zone is on the wire
    except ValueError:
        return str(value)


def price_steps(rule: int, increments: Any) -> list[PriceStep]:
    """Make the records of a market rule."""
    return [PriceStep(rule, records.number(step.lowEdge), records.number(step.increment)) for step in increments]


def symbol_sample(found: Any) -> SymbolSample:
    """Make the record of a find; contracts of older clients have no description and no issuer id."""
    contract = found.contract
    return SymbolSample(
        con_id=records.whole(contract.conId) or None,
        symbol=contract.symbol,
        sec_type=contract.secType,
        primary_exchange=contract.primaryExchange,
        currency=contract.currency,
        derivative_sec_types=tuple(sorted(found.derivativeSecTypes or ())),
        description=getattr(contract, "description", ""),
        issuer_id=getattr(contract, "issuerId", ""),
    )
