"""Holds the true historical bars, and writes times as a Gateway does: in which zone, with or without its name.

Sources: recordings of Gateways at server versions 163 to 225 for executions and bars; for who decides, IBKR's release
notes of 10.18 and its description of the setting ``sendInstrumentTimezone``. Executions in UTC are recorded; bars in
UTC are documented only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from harness.known.scenarios import TimeZones
from harness.known.zones_of_times import ZONES_SINCE
from harness.wire.message import Kept, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How times are written for one client.

    Args:
        named: whether times name their zone.
        setting: whose zone that is.
        login: the zone in which the application is logged in; ``None``: this computer's.
    """

    named: bool
    setting: TimeZones
    login: str | None

    @classmethod
    def of(cls, server_version: int, setting: TimeZones, login: str | None) -> Clock:
        """Return the clock of a client with this server version."""
        return cls(named=server_version >= ZONES_SINCE, setting=setting, login=login)

    def text(self, when: dt.datetime, instrument: str) -> str:
        """Write a moment; ``instrument`` is the name of the instrument's time zone."""
        if not self.named:
            return f"{self._here(when):%Y%m%d  %H:%M:%S}"
        if self.setting is TimeZones.UTC:
            return f"{when.astimezone(dt.UTC):%Y%m%d-%H:%M:%S}"
        if self.setting is TimeZones.OPERATOR:
            return _with_name(when, self.login or "UTC")
        return _with_name(when, instrument)

    def _here(self, when: dt.datetime) -> dt.datetime:
        return when.astimezone(ZoneInfo(self.login) if self.login else None)


def _with_name(when: dt.datetime, zone: str) -> str:
    return f"{when.astimezone(ZoneInfo(zone)):%Y%m%d %H:%M:%S} {zone}"


EPOCH_SECONDS = 2
"""The date format by which a client asks for seconds since 1970; days stay days."""

COLUMNS = ("open", "high", "low", "close", "volume", "wap", "bar_count")

UNTRADED: Mapping[str, Value] = {"volume": "-1", "wap": "-1", "bar_count": -1}
"""What bars of quotes and midpoints have instead of trades (captured, as text)."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the day or the moment at which it begins, and what was traded; keys as in ``historical_data``."""

    begins: dt.date | dt.datetime
    values: Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """The bars of one contract and one size.

    Args:
        con_id: whose they are.
        bar_size: as a client asks for it, ``5 mins`` say.
        time_zone: the exchange's, by its name.
        start: when the answer begins, which is not always when its first bar does.
        end: when it ends.
        bars: in the order of time.
        newest: what the newest bar has become by the time that it is kept up to date.
    """

    con_id: int
    bar_size: str
    time_zone: str
    start: dt.datetime
    end: dt.datetime
    bars: tuple[Bar, ...]
    newest: Bar

    def written(self, clock: Clock, format_date: int) -> Kept:
        """Return the bars as they are written for a client with that clock; made once for each format."""
        return _written(self, clock, epoch=format_date == EPOCH_SECONDS)

    def update(self, clock: Clock, format_date: int) -> Mapping[str, Value]:
        """Return what the newest bar has become, as it is written for a client with that clock."""
        (bar,) = rows([self.newest], self.time_zone, clock, epoch=format_date == EPOCH_SECONDS)
        return bar

    def without_trades(self) -> Series:
        """Return the same prices with neither volume nor trades."""
        return _without_trades(self)

    def without_fractions(self) -> Series:
        """Return the same with volumes cut to whole numbers; itself if they are whole."""
        return _without_fractions(self)


@cache
def _written(series: Series, clock: Clock, *, epoch: bool) -> Kept:
    return Kept(rows(series.bars, series.time_zone, clock, epoch=epoch))


def rows(bars: Iterable[Bar], time_zone: str, clock: Clock, *, epoch: bool) -> Iterator[Mapping[str, Value]]:
    """Yield bars as they are written for a client with that clock.

    Args:
        bars: in the order of time.
        time_zone: the exchange's.
        clock: how the client is told times.
        epoch: moments are seconds since 1970; days stay days.
    """

    def date(begins: dt.date | dt.datetime) -> str:
        if not isinstance(begins, dt.datetime):
            return f"{begins:%Y%m%d}"
        return str(int(begins.timestamp())) if epoch else clock.text(begins, time_zone)

    return ({"date": date(bar.begins), **bar.values} for bar in bars)


@cache
def _without_trades(series: Series) -> Series:
    bars = tuple(_untraded(bar) for bar in series.bars)
    return replace(series, bars=bars, newest=_untraded(series.newest))


def _untraded(bar: Bar) -> Bar:
    return Bar(bar.begins, {**bar.values, **UNTRADED})


@cache
def _without_fractions(series: Series) -> Series:
    bars = tuple(_whole(bar) for bar in series.bars)
    newest = _whole(series.newest)
    return series if (bars, newest) == (series.bars, series.newest) else replace(series, bars=bars, newest=newest)


def _whole(bar: Bar) -> Bar:
    return Bar(bar.begins, {**bar.values, "volume": str(bar.values["volume"]).partition(".")[0]})


def read(document: Mapping[str, Any]) -> tuple[Series, ...]:
    """Return the series of a document: those that it writes out, and those that a rule makes."""
    contracts = document["contract"]
    many = [document["many_bars"]] if "many_bars" in document else []
    tables = [*document["bars"], *map(_made, many)]
    return tuple(_series(table, contracts[table["contract"]]["con_id"]) for table in tables)


def _series(table: Mapping[str, Any], con_id: int) -> Series:
    zone = ZoneInfo(table["time_zone"])
    begins = table.get("days") or [moment.replace(tzinfo=zone) for moment in table["begins"]]
    rows = (dict(zip(COLUMNS, row, strict=True)) for row in table["rows"])
    bars = tuple(Bar(begin, row) for begin, row in zip(begins, rows, strict=True))
    newest = dict(zip(COLUMNS, table["newest"], strict=True)) if "newest" in table else bars[-1].values
    return Series(
        con_id=con_id,
        bar_size=table["bar_size"],
        time_zone=table["time_zone"],
        start=table["start"].replace(tzinfo=zone),
        end=table["end"].replace(tzinfo=zone),
        bars=bars,
        newest=Bar(bars[-1].begins, newest),
    )


def _made(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the table that a rule describes: consecutive one-minute bars."""
    minute = dt.timedelta(minutes=1)
    begins = [rule["begins"] + minute * number for number in range(rule["count"])]
    rows = list(_rows(rule["price"], rule["tick"], rule["count"]))
    return {**rule, "begins": begins, "start": begins[0], "end": begins[-1] + minute, "rows": rows}


def _rows(price: float, tick: float, count: int) -> Iterator[tuple[Value, ...]]:
    for number in range(1, count + 1):
        low = price + number * tick
        high = low + tick * (8 + number % 13)
        yield low + 2 * tick, high, low, low + 3 * tick, str(1000 + number), f"{low + tick / 8}", number
