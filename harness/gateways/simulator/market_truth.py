"""Reads what is behind the quotes of the truth: past ticks, depth, histograms, first moments, news."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.wire.message import Value

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a market's depth."""

    exchange: str
    price: float
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """A contract's book, the best first.

    Args:
        bids: from the highest on.
        asks: from the lowest on.
        top: exchanges that only the top is shown of, as the notice has them.
        need: exchanges whose depth takes further permissions.
    """

    bids: tuple[Row, ...]
    asks: tuple[Row, ...]
    top: str
    need: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Ticks that were, oldest first, as the messages of historical ticks have them."""

    trades: tuple[Values, ...]
    quotes: tuple[Values, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One piece of news about a contract."""

    con_id: int
    provider: str
    id: str
    time: dt.datetime
    headline: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketTruth:
    """What a market holds besides its quotes, by con id; ``bulletins`` are values of ``news_bulletin``."""

    head_timestamps: Mapping[int, dt.datetime]
    histograms: Mapping[int, tuple[Values, ...]]
    depth: Mapping[int, Depth]
    past: Mapping[int, Past]
    real_time_bars: Mapping[int, Values]
    articles: tuple[Article, ...]
    bulletins: tuple[Values, ...]


def read(document: Mapping[str, Any]) -> MarketTruth:
    """Return what the tables of a truth hold of it."""

    def con_id(name: str) -> int:
        number: int = document["contract"][name]["con_id"]
        return number

    return MarketTruth(
        head_timestamps={con_id(name): when for name, when in document["head_timestamp"].items()},
        histograms={con_id(name): _table(("price", "size"), rows) for name, rows in document["histogram"].items()},
        depth={con_id(name): _depth(table) for name, table in document["depth"].items()},
        past={con_id(name): _past(table) for name, table in document["past"].items()},
        real_time_bars={con_id(name): dict(table) for name, table in document["real_time_bar"].items()},
        articles=tuple(_article(table, con_id(table["contract"])) for table in document["news"]),
        bulletins=tuple(_bulletin(table) for table in document["bulletin"]),
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> tuple[Values, ...]:
    return tuple(dict(zip(columns, row, strict=True)) for row in rows)


def _depth(table: Mapping[str, Any]) -> Depth:
    bids, asks = (
        tuple(Row(exchange=exchange, price=price, size=size) for exchange, price, size in table[side])
        for side in ("bids", "asks")
    )
    return Depth(bids=bids, asks=asks, top=table["top"], need=table["need"])


_UNREPORTED = 2
"""Bit of the mask of a trade (libraries' decoders)."""
_FLAGS = {"": 0, "ask_past_high": 1, "bid_past_low": 2}
"""Flag of a quote to its bit in the mask (libraries' decoders)."""


def _past(table: Mapping[str, Any]) -> Past:
    return Past(
        trades=tuple(_trade(row) for row in table["trades"]),
        quotes=tuple(_quote(row) for row in table["quotes"]),
    )


def _quote(row: Sequence[Any]) -> Values:
    when, *rest, flag = row
    sides = dict(zip(("bid", "ask", "bid_size", "ask_size"), rest, strict=True))
    flags = {name: name == flag for name in _FLAGS if name}
    return {"time": int(when.timestamp()), "mask": _FLAGS[flag], **flags, **sides}


def _trade(row: Sequence[Any]) -> Values:
    when, *rest, unreported = row
    paid = dict(zip(("price", "size", "exchange", "conditions"), rest, strict=True))
    return {
        "time": int(when.timestamp()),
        "mask": _UNREPORTED if unreported else 0,
        "unreported": unreported,
        **paid,
    }


def _article(table: Mapping[str, Any], con_id: int) -> Article:
    return Article(con_id=con_id, **{key: value for key, value in table.items() if key != "contract"})


def _bulletin(table: Mapping[str, Any]) -> Values:
    return {
        "news_id": table["id"],
        "news_type": table["kind"],
        "text": table["text"],
        "exchange": table["exchange"],
    }
