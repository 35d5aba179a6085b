"""Says when what of a day is due, from a start on, day after day."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from harness.gateways.simulator.days.files import Day
from harness.gateways.simulator.days.tables import AnyEvent, Lasting
from harness.gateways.simulator.days.times import After

LASTS: Mapping[str, float] = {
    "restart": 35.0,
    "weekly-login": 3600.0,
    "farms-break": 10.0,
    "link-lost": 60.0,
    "session-taken": 600.0,
}
"""Seconds that an event lasts which does not say. A restart refuses for two seconds to about 35 (users' logs); the
others are ours."""

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """What is due.

    Args:
        moment: when, in Unix seconds.
        number: what was found first comes first, where moments are equal.
        place: the place of the event in its file, from 0.
        ends: whether the event ends; else it begins.
    """

    moment: float
    number: int
    place: int
    ends: bool


def schedule(day: Day, start: float) -> Iterator[Due]:
    """Yield what is due from a start on, in the order of time; what began before it is left out.

    Args:
        day: the day.
        start: Unix seconds.
    """
    numbers = itertools.count()
    begins = [_begins(day, place, start) for place in range(len(day.events))]
    waiting: list[Due] = []

    def wait(place: int) -> None:
        if (moment := next(begins[place], None)) is not None:
            heapq.heappush(waiting, Due(moment, next(numbers), place, ends=False))

    for place in range(len(begins)):
        wait(place)
    while waiting:
        due = heapq.heappop(waiting)
        yield due
        if not due.ends:
            if seconds := lasts(day, day.events[due.place], due.moment):
                heapq.heappush(waiting, Due(due.moment + seconds, next(numbers), due.place, ends=True))
            wait(due.place)


def _begins(day: Day, place: int, start: float) -> Iterator[float]:
    """Yield when an event begins: a time of a day each day, and what comes after one with it."""
    event = day.events[place]
    offset, anchor = 0.0, event
    while isinstance(anchor.at, After):
        offset += anchor.at.seconds
        if not place:
            return _repeated(event, iter([start + offset]))
        place -= 1
        anchor = day.events[place]
    zone = ZoneInfo(anchor.zone or day.zone)
    moments = (moment + offset for moment in _daily(anchor.at, zone, anchor.days, start))
    return _repeated(event, moments)


def _repeated(event: AnyEvent, moments: Iterator[float]) -> Iterator[float]:
    count, every = (event.times, event.every or 0.0) if isinstance(event, Lasting) else (1, 0.0)
    return (moment + number * every for moment in moments for number in range(count))


def _daily(clock: dt.time, zone: ZoneInfo, days: frozenset[int] | None, start: float) -> Iterator[float]:
    """Yield a time of a day from a start on; one that summer time skips is an hour later."""
    date = dt.datetime.fromtimestamp(start, zone).date()
    while True:
        moment = dt.datetime.combine(date, clock, zone).timestamp()
        if moment >= start and (days is None or date.weekday() in days):
            yield moment
        date += _DAY


def lasts(day: Day, event: AnyEvent, begins: float) -> float:
    """Return how many seconds an event lasts that begins at a moment, in Unix seconds; 0 if it does not last."""
    if not isinstance(event, Lasting):
        return 0.0
    if event.until is None:
        return event.lasts or LASTS[event.what]
    return next(_daily(event.until, ZoneInfo(event.zone or day.zone), None, begins + 1)) - begins
