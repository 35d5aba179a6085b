"""Says on which days an exchange is shut, or closes early, by the rules in ``data/holidays.toml``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import tomllib

NEW_YORK = "new-york"
_DAY = dt.timedelta(days=1)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SATURDAY, _SUNDAY = 5, 6


def is_shut(calendar: str, day: dt.date) -> bool:
    """Return whether an exchange is shut on a day; weekends are not its holidays."""
    return day in _shut(calendar, day.year)


def closes_early(calendar: str, day: dt.date) -> bool:
    """Return whether an exchange closes early on a day."""
    rules = _rules(calendar)
    after = {_weekday(rule, day.year) + _DAY for rule in rules["early_after"]}
    named = day in after or f"{day:%m-%d}" in rules["early"]
    return named and day.weekday() < _SATURDAY and not is_shut(calendar, day)


def calendars() -> frozenset[str]:
    """Return the names of all exchanges that have holidays."""
    return frozenset(_document())


@cache
def _document() -> Mapping[str, Any]:
    file = resources.files("harness.gateways.simulator") / "data" / "holidays.toml"
    return tomllib.loads(file.read_text("utf-8"))


def _rules(calendar: str) -> Mapping[str, Any]:
    rules: Mapping[str, Any] = _document()[calendar]
    return rules


@cache
def _shut(calendar: str, year: int) -> frozenset[dt.date]:
    rules = _rules(calendar)
    weekdays = (_weekday(rule, year) for rule in rules["weekdays"])
    easter = (_easter(year) + _DAY * days for days in rules["easter"])
    return frozenset((*_fixed(rules, year), *weekdays, *easter))


def _fixed(rules: Mapping[str, Any], year: int) -> Iterator[dt.date]:
    for text in rules["fixed"]:
        day = dt.date(year, *map(int, text.split("-")))
        if day.weekday() == _SUNDAY:
            yield day + _DAY
        elif day.weekday() != _SATURDAY:
            yield day
        elif text not in rules["stays"]:
            yield day - _DAY


def _weekday(rule: Mapping[str, Any], year: int) -> dt.date:
    weekday, month, count = _WEEK.index(rule["weekday"]), int(rule["month"]), int(rule["count"])
    if count > 0:
        first = dt.date(year, month, 1)
        return first + _DAY * ((weekday - first.weekday()) % 7 + 7 * (count - 1))
    last = dt.date(year + month // 12, month % 12 + 1, 1) - _DAY
    return last - _DAY * ((last.weekday() - weekday) % 7)


def _easter(year: int) -> dt.date:
    """Return Easter Sunday of the Gregorian calendar, by the method of Meeus, Jones and Butcher."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return dt.date(year, f // 31, f % 31 + 1)
