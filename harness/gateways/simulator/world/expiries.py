"""Computes when futures and options end: by rules of the calendar, never by a date.

Holidays are those of New York (inferred where another exchange ends something).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from harness.gateways.simulator import holidays

MONTH_CODES = "FGHJKMNQUVXZ"
"""The letter of each month from January on, as futures have them."""

Month = tuple[int, int]
"""Year and month."""

_DAY = dt.timedelta(days=1)
_FRIDAY, _SATURDAY = 4, 5
_YEAR = 12


def is_business_day(day: dt.date) -> bool:
    """Return whether a day is none of a weekend, and no holiday."""
    return day.weekday() < _SATURDAY and not holidays.is_shut(holidays.NEW_YORK, day)


def business_days(day: dt.date, step: int = 1) -> Iterator[dt.date]:
    """Yield the business days from a day on, that one included; backwards if ``step`` is -1."""
    while True:
        if is_business_day(day):
            yield day
        day += _DAY * step


def months(first: Month) -> Iterator[Month]:
    """Yield a month and all that follow."""
    number = first[0] * _YEAR + first[1] - 1
    while True:
        yield number // _YEAR, number % _YEAR + 1
        number += 1


def neighbour(month: Month, step: int) -> Month:
    """Return the month so many months later."""
    number = month[0] * _YEAR + month[1] - 1 + step
    return number // _YEAR, number % _YEAR + 1


def weekday_of(month: Month, weekday: int, count: int) -> dt.date:
    """Return the ``count``th Monday (0), Tuesday (1) … of a month."""
    first = dt.date(*month, 1)
    return first + _DAY * ((weekday - first.weekday()) % 7 + 7 * (count - 1))


def third_friday(month: Month) -> dt.date:
    """Return the day on which monthly options end: the third Friday, or the business day before it."""
    return _or_before(weekday_of(month, _FRIDAY, 3))


def _or_before(day: dt.date) -> dt.date:
    return next(business_days(day, -1))


def last_business_day(month: Month) -> dt.date:
    """Return the last day of a month that is none of a weekend."""
    return next(business_days(dt.date(*neighbour(month, 1), 1) - _DAY, -1))


def _earlier(day: dt.date, count: int) -> dt.date:
    """Return the business day so many business days before a day."""
    return next(islice(business_days(day - _DAY, -1), count - 1, None))


def _crude(month: Month) -> dt.date:
    """Return the third business day before the 25th of the month before, or before the last business day up to it."""
    return _earlier(next(business_days(dt.date(*neighbour(month, -1), 25), -1)), 3)


def _volatility(month: Month) -> dt.date:
    """Return the day 30 days before the third Friday of the month after, or the business day before it."""
    return _or_before(third_friday(neighbour(month, 1)) - _DAY * 30)


LAST_DAYS: Mapping[str, Callable[[Month], dt.date]] = {
    "third-friday": third_friday,
    "currency": lambda month: _earlier(weekday_of(month, 2, 3), 2),
    "crude": _crude,
    "metal": lambda month: _earlier(last_business_day(month), 2),
    "treasury": lambda month: _earlier(last_business_day(month), 7),
    "volatility": _volatility,
}
"""The last day of trading of a contract month, by the name of its rule. Exchanges publish them."""


def _daily(today: dt.date, count: int) -> Iterator[dt.date]:
    return islice(business_days(today), count)


def _weekly(today: dt.date, count: int) -> Iterator[dt.date]:
    friday = today + _DAY * ((_FRIDAY - today.weekday()) % 7)
    found = (_or_before(friday + _DAY * 7 * number) for number in range(count + 1))
    return islice((day for day in found if day >= today), count)


def _monthly(today: dt.date, count: int, ends: Callable[[Month], dt.date], every: int = 1) -> Iterator[dt.date]:
    found = (ends(month) for month in months((today.year, today.month)) if month[1] % every == 0)
    return islice((day for day in found if day >= today), count)


def _january(today: dt.date, count: int) -> Iterator[dt.date]:
    found = (third_friday((year, 1)) for year in range(today.year, today.year + count + 1))
    return islice((day for day in found if day >= today), count)


_SERIES: Mapping[str, Callable[[dt.date, int], Iterator[dt.date]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "monthly": lambda today, count: _monthly(today, count, third_friday),
    "quarterly": lambda today, count: _monthly(today, count, third_friday, 3),
    "month-end": lambda today, count: _monthly(today, count, last_business_day),
    "january": _january,
    "volatility": lambda today, count: _monthly(today, count, _volatility),
}
_EVER: Mapping[str, Callable[[dt.date], bool]] = {
    "daily": is_business_day,
    "weekly": lambda day: day == _or_before(day + _DAY * ((_FRIDAY - day.weekday()) % 7)),
    "monthly": lambda day: day == third_friday((day.year, day.month)),
    "quarterly": lambda day: day.month % 3 == 0 and day == third_friday((day.year, day.month)),
    "month-end": lambda day: day == last_business_day((day.year, day.month)),
    "january": lambda day: day.month == 1 and day == third_friday((day.year, 1)),
    "volatility": lambda day: day == _volatility((day.year, day.month)),
}
SERIES = tuple(_SERIES)
"""The series that options come in."""


def expirations(series: Mapping[str, int], today: dt.date) -> tuple[dt.date, ...]:
    """Return the days on which the options of a day end, in order.

    Args:
        series: how many expirations of each kind there are, such as ``{"weekly": 8}``.
        today: the first day that counts.
    """
    return tuple(sorted({day for name, count in series.items() for day in _SERIES[name](today, count)}))


def ends_on(series: Mapping[str, int], day: dt.date) -> bool:
    """Return whether options may ever end on a day."""
    return any(_EVER[name](day) for name in series)
