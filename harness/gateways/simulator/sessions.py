"""Says when an instrument trades: its week as data, spans in Unix seconds, and hours as contract details have them.

A week is the same all year round, but for the holidays and half days of exchanges that have a calendar.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import ZoneInfo

from harness.gateways.simulator import holidays

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_TOLD = 6
"""A user's capture of an option of NVDA, 2024, asked on a Friday, has the days up to Wednesday."""
_RULE = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")
_DAY = dt.timedelta(days=1)
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """A time of trading, up to but not including ``ends``; ``day`` is the trading day that it belongs to."""

    begins: float
    ends: float
    day: dt.date


@dataclass(frozen=True, slots=True)
class Rule:
    """The same hours on some days of the week.

    Args:
        days: trading days, 0 for Monday.
        begins: minutes after midnight; the day before if that is not before the end.
        ends: minutes after midnight, 1440 at most.
    """

    days: tuple[int, ...]
    begins: int
    ends: int

    def on(self, day: dt.date, zone: ZoneInfo) -> Span | None:
        """Return the hours of a trading day; ``None`` if there are none."""
        if day.weekday() not in self.days:
            return None
        first = day if self.begins < self.ends else day - _DAY
        return Span(_moment(first, self.begins, zone), _moment(day, self.ends, zone), day)


def _moment(day: dt.date, minutes: int, zone: ZoneInfo) -> float:
    midnight = dt.datetime.combine(day + _DAY * (minutes // _MINUTES), dt.time.min, zone)
    return (midnight + dt.timedelta(minutes=minutes % _MINUTES)).timestamp()


def rule(text: str) -> Rule:
    """Return hours such as ``mon-fri 09:30-16:00``; ``mon-fri 17:00-16:00`` begins on the evening before.

    Raises:
        ValueError: they are none.
    """
    found = _RULE.fullmatch(text)
    if found is None or not {found[1], found[2] or found[1]} <= set(WEEK):
        raise ValueError('expected hours such as "mon-fri 09:30-16:00"')
    first, last = (WEEK.index(name) for name in (found[1], found[2] or found[1]))
    hour, minute, last_hour, last_minute = (int(part) for part in found.groups()[2:])
    begins, ends = hour * 60 + minute, last_hour * 60 + last_minute
    if first > last or begins >= _MINUTES or ends > _MINUTES or max(minute, last_minute) > 59:  # noqa: PLR2004
        raise ValueError("expected days in the order of the week, and times of a day up to 24:00")
    return Rule(tuple(range(first, last + 1)), begins, ends)


@dataclass(frozen=True, slots=True)
class Session:
    """When an instrument trades.

    Args:
        zone: as contract details name it, such as ``US/Eastern``.
        trading: all hours, in the order of a trading day.
        liquid: the regular ones.
        calendar: the exchange whose holidays it has; empty without any.
        early: where it closes early, the ends of all hours and of the regular ones, in minutes after midnight.
    """

    zone: str
    trading: tuple[Rule, ...]
    liquid: tuple[Rule, ...]
    calendar: str = ""
    early: tuple[int, int] = (_MINUTES, _MINUTES)

    def spans(self, begins: float, ends: float, *, liquid: bool = False) -> Iterator[Span]:
        """Yield the spans that overlap a time, in order."""
        day, last = self.day(begins), self.day(ends) + _DAY
        while day <= last:
            for span in self._of(day, liquid=liquid):
                if span.begins < ends and span.ends > begins:
                    yield span
            day += _DAY

    def is_open(self, when: float, *, liquid: bool = False) -> bool:
        """Return whether there is trading at a moment."""
        today = self.day(when)
        spans = (*self._of(today, liquid=liquid), *self._of(today + _DAY, liquid=liquid))
        return any(span.begins <= when < span.ends for span in spans)

    def closes(self, day: dt.date) -> float | None:
        """Return when the regular hours of a day end, in Unix seconds; ``None`` if it has none."""
        return max((span.ends for span in self._of(day, liquid=True)), default=None)

    def hours(self, when: float, *, liquid: bool = False) -> str:
        """Return the hours from the day of a moment on, as contract details have them.

        A day without trading is ``CLOSED``, unless the next trading day begins on its evening.
        """
        return _hours(self, self.day(when), liquid)

    def day(self, when: float) -> dt.date:
        """Return the calendar's day at a moment."""
        return dt.datetime.fromtimestamp(when, _zone(self.zone)).date()

    def _of(self, day: dt.date, *, liquid: bool = False) -> tuple[Span, ...]:
        return _spans(self, day, liquid)


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(4096)
def _spans(session: Session, day: dt.date, liquid: bool) -> tuple[Span, ...]:  # noqa: FBT001 - a cached function's key
    rules, ends = session.liquid if liquid else session.trading, _MINUTES
    if session.calendar and holidays.is_shut(session.calendar, day):
        return ()
    if session.calendar and holidays.closes_early(session.calendar, day):
        ends = session.early[liquid]
    zone = _zone(session.zone)
    found = (replace(rule, ends=min(rule.ends, ends)).on(day, zone) for rule in rules)
    return tuple(span for span in found if span is not None)


@lru_cache(1024)
def _hours(session: Session, first: dt.date, liquid: bool) -> str:  # noqa: FBT001 - a cached function's key
    days = [first + _DAY * number for number in range(DAYS_TOLD)]
    return ";".join(text for day in days for text in _told(session, day, liquid=liquid))


def _told(session: Session, day: dt.date, *, liquid: bool) -> Iterator[str]:
    zone = _zone(session.zone)
    for span in _spans(session, day, liquid):
        yield "-".join(
            dt.datetime.fromtimestamp(moment, zone).strftime("%Y%m%d:%H%M") for moment in (span.begins, span.ends)
        )
    begun = (
        dt.datetime.fromtimestamp(span.begins, zone).date()
        for of in (day, day + _DAY)
        for span in _spans(session, of, False)
    )
    if not _spans(session, day, False) and day not in begun:
        yield f"{day:%Y%m%d}:CLOSED"
