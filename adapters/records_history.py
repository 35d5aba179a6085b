"""Plain records of historical bars; as in `adapters.records`, every field is JSON as it stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from adapters import records

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
    """One bar; ``time`` is a day as the gateway writes it, or the moment at which it begins, as `bar_time` gives it.

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
    """Give a day as it is written, and a moment as `adapters.records.time` does; seconds since 1970 are UTC."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return f"{value:%Y%m%d}"
    if isinstance(value, str) and value.isdigit():
        if len(value) == DAY_LENGTH:
            return value
        value = dt.datetime.fromtimestamp(int(value), dt.timezone.utc)
    return records.time(value)
