"""Says how far back a duration goes, and when the bars between two moments begin and end.

Facts: recordings of Gateways 10.37 and 10.40 for bars of hours (short first ones, then those of the UTC grid), for
seconds that count trading time, and for minutes that are told although nothing was traded. That days count trading
days, and that a bar of a week or a month has the date of its last day, is inferred.
"""

from __future__ import annotations

import datetime as dt
import math
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from harness.gateways.simulator.sessions import Session, Span

_SECONDS = {"sec": 1, "secs": 1, "min": 60, "mins": 60, "hour": 3600, "hours": 3600}
_DAY = 86400.0
_LONGEST_BREAK = 14 * _DAY
"""Seconds without trading: more than any row of holidays."""


BEGAN = dt.datetime(1990, 1, 2, 14, 30, tzinfo=dt.UTC).timestamp()
"""Since when there is data of what moves, in Unix seconds, unless it has a moment of its own (ours)."""


@dataclass(frozen=True, slots=True)
class BarTime:
    """When a bar begins and ends, in Unix seconds.

    Args:
        begins: its first moment.
        ends: that after its last.
        day: which day it is of, if it is one of days.
        parts: the times in which what belongs to it was traded, if it is one of days; else that is all of it.
    """

    begins: float
    ends: float
    day: dt.date | None = None
    parts: tuple[tuple[float, float], ...] = ()

    def until(self, now: float) -> list[tuple[float, float]]:
        """Return the times in which what belongs to it was traded until now."""
        return [(begins, min(ends, now)) for begins, ends in self.parts or ((self.begins, self.ends),) if begins < now]


def since(session: Session, duration: str, ends: float, *, liquid: bool) -> float:
    """Return the moment at which history begins that goes back from a moment.

    Args:
        session: when the contract is traded.
        duration: as a request has it: ``1800 S``, ``2 D``, ``1 W``; it is not wrong.
        ends: the last moment, in Unix seconds.
        liquid: only regular trading hours count.
    """
    number, unit = duration.split()
    count = int(number)
    if unit == "S":
        return _back(session, count, ends, liquid=liquid)
    if unit == "D":
        return _days_back(session, count, ends, liquid=liquid)
    return _calendar_back(count, unit, ends)


def _back(session: Session, seconds: float, ends: float, *, liquid: bool) -> float:
    """Go back by so many seconds of trading."""
    for span in _backwards(session, ends, liquid=liquid):
        last = min(ends, span.ends)
        if last - span.begins >= seconds:
            return last - seconds
        seconds -= last - span.begins
    return ends - seconds


def _days_back(session: Session, days: int, ends: float, *, liquid: bool) -> float:
    """Go back to the begin of a trading day; that of the last moment counts as one."""
    seen: set[dt.date] = set()
    begins = ends
    for span in _backwards(session, ends, liquid=liquid):
        if span.day not in seen and len(seen) == days:
            break
        seen.add(span.day)
        begins = span.begins
    return begins


def _backwards(session: Session, ends: float, *, liquid: bool) -> Iterator[Span]:
    """Yield the spans that began before a moment, the newest first, for as long as there are any."""
    until = ends
    while True:
        since = until - _LONGEST_BREAK
        spans = [span for span in session.spans(since, until, liquid=liquid) if since <= span.begins < until]
        if not spans:
            return
        yield from reversed(spans)
        until = since


def _calendar_back(count: int, unit: str, ends: float) -> float:
    last = dt.datetime.fromtimestamp(ends, dt.UTC)
    if unit == "W":
        return (last - dt.timedelta(weeks=count)).timestamp()
    months = last.year * 12 + last.month - 1 - (count if unit == "M" else 12 * count)
    year, month = max(1971, months // 12), months % 12 + 1
    day = min(last.day, monthrange(year, month)[1])
    return last.replace(year=year, month=month, day=day).timestamp()


def bar_times(session: Session, bar_size: str, begins: float, ends: float, *, liquid: bool) -> Iterator[BarTime]:
    """Yield the bars between two moments, in order; the last may end after the second, as one that is not finished.

    Args:
        session: when the contract is traded.
        bar_size: as a request has it: ``5 mins``, ``1 day``, ``1W``; it is not wrong.
        begins: Unix seconds.
        ends: Unix seconds.
        liquid: only regular trading hours.
    """
    number, _, unit = bar_size.partition(" ")
    spans = session.spans(begins, ends, liquid=liquid)
    if unit in _SECONDS:
        for span in spans:
            yield from _within(span, int(number) * _SECONDS[unit], begins, ends)
    else:
        yield from _of_days(spans, bar_size)


def _within(span: Span, seconds: int, begins: float, ends: float) -> Iterator[BarTime]:
    start = span.begins
    while start < min(span.ends, ends):
        end = min(span.ends, (math.floor(start / seconds) + 1) * seconds)
        if start >= begins:
            yield BarTime(start, end)
        start = end


def _of_days(spans: Iterator[Span], bar_size: str) -> Iterator[BarTime]:
    def of(span: Span) -> object:
        match bar_size:
            case "1W" | "1 week":
                return span.day.isocalendar()[:2]
            case "1M" | "1 month":
                return span.day.year, span.day.month
            case _:
                return span.day

    for _, group in groupby(spans, of):
        together = list(group)
        parts = tuple((span.begins, span.ends) for span in together)
        yield BarTime(parts[0][0], parts[-1][1], together[-1].day, parts)


def moment(time: BarTime, zone: str) -> dt.date | dt.datetime:
    """Return when a bar begins, as it is told: a date, or a moment by the clock of a zone."""
    return time.day or dt.datetime.fromtimestamp(time.begins, ZoneInfo(zone))
