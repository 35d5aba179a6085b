"""When what of a day is due."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from zoneinfo import ZoneInfo

from harness.gateways.simulator.days.files import Day
from harness.gateways.simulator.days.schedule import schedule
from tests.gateways.simulator.days.passing import day

EASTERN = ZoneInfo("US/Eastern")


def due(passes: Day, start: str, count: int) -> list[tuple[str, int, bool]]:
    """The first of what is due: when in New York, which event, and whether it ends."""
    begins = dt.datetime.fromisoformat(start).replace(tzinfo=EASTERN).timestamp()
    found = islice(schedule(passes, begins), count)
    return [(f"{dt.datetime.fromtimestamp(each.moment, EASTERN):%d %H:%M:%S}", each.place, each.ends) for each in found]


def test_a_time_of_a_day_comes_each_day_from_the_start_on() -> None:
    passes = day('at = "23:45"; what = "restart"; lasts = "35s"')
    assert due(passes, "2026-12-04T23:45:01", 3) == [
        ("05 23:45:00", 0, False),
        ("05 23:45:35", 0, True),
        ("06 23:45:00", 0, False),
    ]
    assert due(passes, "2026-12-04T23:45:00", 1) == [("04 23:45:00", 0, False)]


def test_it_comes_on_its_days_alone_and_in_its_zone() -> None:
    passes = day('at = "00:30"; what = "farms-ok"; days = "sat-sun"; zone = "Europe/Zurich"')
    assert due(passes, "2026-12-01T00:00:00", 3) == [
        ("04 18:30:00", 0, False),
        ("05 18:30:00", 0, False),
        ("11 18:30:00", 0, False),
    ]


def test_it_follows_the_clock_on_the_wall_through_summer_time() -> None:
    passes = day('at = "02:30"; what = "farms-ok"')
    assert due(passes, "2026-03-07T00:00:00", 3) == [
        ("07 02:30:00", 0, False),
        ("08 03:30:00", 0, False),
        ("09 02:30:00", 0, False),
    ]


def test_what_comes_after_something_comes_each_time_with_it_and_after_the_start_once() -> None:
    after = day('at = "10:00"; what = "farms-ok"', 'at = "+30s"; what = "farms-ok"', 'at = "+1m"; what = "farms-ok"')
    assert [moment for moment, _, _ in due(after, "2026-12-04T09:00:00", 4)] == [
        "04 10:00:00",
        "04 10:00:30",
        "04 10:01:30",
        "05 10:00:00",
    ]
    once = day('at = "+30s"; what = "farms-ok"', 'at = "+1m"; what = "farms-ok"')
    assert due(once, "2026-12-04T09:00:00", 9) == [("04 09:00:30", 0, False), ("04 09:01:30", 1, False)]


def test_what_came_after_something_before_the_start_is_left_out() -> None:
    passes = day('at = "10:00"; what = "farms-ok"', 'at = "+30s"; what = "farms-ok"')
    assert due(passes, "2026-12-04T10:00:10", 1) == [("05 10:00:00", 0, False)]


def test_what_is_repeated_ends_each_time() -> None:
    passes = day('at = "+1m"; what = "link-lost"; lasts = "20s"; every = "30s"; times = 2')
    assert due(passes, "2026-12-04T10:00:00", 9) == [
        ("04 10:01:00", 0, False),
        ("04 10:01:20", 0, True),
        ("04 10:01:30", 0, False),
        ("04 10:01:50", 0, True),
    ]


def test_it_lasts_until_a_time_of_a_day_which_may_be_the_next() -> None:
    passes = day('at = "23:45"; what = "weekly-login"; until = "17:15"; days = "sat"')
    assert due(passes, "2026-12-05T10:00:00", 2) == [("05 23:45:00", 0, False), ("06 17:15:00", 0, True)]


def test_what_is_due_at_once_comes_in_the_order_of_the_file() -> None:
    passes = day('at = "10:00"; what = "farms-ok"', 'at = "10:00"; what = "restart"')
    assert [place for _, place, _ in due(passes, "2026-12-04T09:00:00", 2)] == [0, 1]
