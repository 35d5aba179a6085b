"""Reads the times of a day's file: moments, times of a day, spans and days of the week."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from harness.gateways.simulator.sessions import WEEK

LONGEST = 7 * 86400.0
"""Seconds that anything may last: a week later the same day comes again."""

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class After:
    """A moment so many seconds after the event before it in the file, or after the start."""

    seconds: float


def text(read: Callable[[str], T]) -> Callable[[object], T]:
    """Return a reader that takes text alone."""

    def of_text(value: object) -> T:
        return read(value if isinstance(value, str) else "")

    return of_text


def span(value: str) -> float:
    """Return the seconds of a span such as ``35s`` or ``1h30m``.

    Raises:
        ValueError: it is none.
    """
    found = _SPAN.fullmatch(value)
    hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0.0, 0.0, 0.0)
    whole = hours * 3600 + minutes * 60 + seconds
    if not 0 < whole < LONGEST:
        raise ValueError('expected a time in quotes such as "35s", "20m" or "1h30m", less than a week')
    return whole


def clock(value: str) -> dt.time:
    """Return a time of a day such as ``23:45`` or ``23:45:30``.

    Raises:
        ValueError: it is none.
    """
    found = _CLOCK.fullmatch(value)
    try:
        hour, minute, second = (int(part or 0) for part in found.groups()) if found else (24, 0, 0)
        return dt.time(hour, minute, second)
    except ValueError:
        raise ValueError('expected a time of a day in quotes, such as "23:45" or "23:45:30"') from None


def moment(value: str) -> After | dt.time:
    """Return a time of a day, or a time after what came before, such as ``+30s``.

    Raises:
        ValueError: it is neither.
    """
    try:
        return After(span(value[1:])) if value.startswith("+") else clock(value)
    except ValueError:
        raise ValueError('expected a time of a day such as "23:45", or one after what came before: "+30s"') from None


def week_days(value: object) -> frozenset[int]:
    """Return days of the week, 0 for Monday: ``mon-fri``, ``sun``, or a list of such.

    Raises:
        ValueError: they are none.
    """
    named = value if isinstance(value, list) else [value]
    found: set[int] = set()
    for each in named:
        first, dash, last = str(each).partition("-")
        if not {first, last if dash else first} <= set(WEEK):
            raise ValueError('expected days such as "mon-fri", "sun" or ["tue", "thu"]')
        begins, ends = WEEK.index(first), WEEK.index(last if dash else first)
        found |= {number % len(WEEK) for number in range(begins, ends + 1 + (len(WEEK) if ends < begins else 0))}
    if not found:
        raise ValueError('expected days such as "mon-fri", "sun" or ["tue", "thu"]')
    return frozenset(found)
