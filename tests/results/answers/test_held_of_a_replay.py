"""A replay in another version than the recorded one: no library is blamed for what no gateway of its version writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.checks.expected import Instant, Near, Records, Shape
from harness.results.answers.held import Known, held
from harness.results.answers.same import Asked
from harness.shared import not_recorded
from harness.shared.evidence import CheckRecord
from harness.shared.status import Status

AT = Instant(datetime(2026, 11, 27, 20, 30, 59, tzinfo=UTC), "20261127 15:30:59 US/Eastern")
WRONG_TIME = "2026-11-27T06:30:59+00:00"
FILL = {"exec_id": "0000e000.01", "shares": "100", "time": AT.moment.isoformat()}
BAR = {"time": AT.moment.isoformat(), "close": 187.25}
FILLS: Shape = {"records": Records(("exec_id",), ({"exec_id": "0000e000.01", "shares": "100", "time": AT},))}
BARS: Shape = {"records": Records(("time",), ({"time": AT, "close": 187.25},))}


LATER = Asked(began=1796065163, ended=1796065164, server_version=178, replayed=True)
"""A replay, long after the recording."""


@pytest.mark.parametrize(
    ("name", "told", "said"),
    [
        ("current_time", {"epoch_seconds": 1796064054}, {"epoch_seconds": 1796064054}),
        ("tick_by_tick", {"time": Near(1796064060.0, 90.0)}, {"time": 1796065163}),
        ("tick_by_tick", {"time": Near(1796064060.0, 90.0)}, {"time": 1796064061}),
    ],
)
def test_a_recording_tells_the_time_at_which_it_was_made_for_ever(name: str, told: Shape, said: dict[str, Any]) -> None:
    check = CheckRecord(name=name, status=Status.PASS, detail=said)
    known = Known(truth=None, heard={name: told})
    assert held([check], known, LATER) == [check]
    (live,) = held([check], known, replace(LATER, replayed=False))
    assert live.status is (Status.PASS if said == {"time": 1796064061} else Status.DEGRADED)


@pytest.mark.parametrize(
    ("name", "told", "said"),
    [
        ("current_time", {"epoch_seconds": 1796064054}, {"epoch_seconds": 1796064055}),
        ("tick_by_tick", {"time": Near(1796064060.0, 90.0)}, {"time": 1796060000}),
    ],
)
def test_another_time_than_was_recorded_is_read_wrongly(name: str, told: Shape, said: dict[str, Any]) -> None:
    check = CheckRecord(name=name, status=Status.PASS, detail=said)
    (found,) = held([check], Known(truth=None, heard={name: told}), LATER)
    assert found.detail["against"] == "wire"


def judged(sent: Shape, read: dict[str, Any], *, version: int, replayed: bool = True) -> CheckRecord:
    check = CheckRecord(name="fills", status=Status.PASS, detail={"records": [read]})
    asked = Asked(began=0, ended=1, server_version=version, replayed=replayed)
    (found,) = held([check], Known(truth=None, heard={"fills": sent}), asked)
    return found


@pytest.mark.parametrize(("sent", "read"), [(FILLS, FILL | {"time": WRONG_TIME}), (BARS, BAR | {"time": WRONG_TIME})])
def test_times_that_only_a_replay_writes_like_that_are_not_in_the_recording(sent: Shape, read: dict[str, Any]) -> None:
    found = judged(sent, read, version=173)
    assert found.status is Status.SKIPPED
    assert found.reason == not_recorded.text_of("times as a gateway of server version 173 writes them")
    assert judged(sent, read, version=174).status is Status.DEGRADED
    assert judged(sent, read, version=173, replayed=False).status is Status.DEGRADED


def test_what_else_is_read_wrongly_is_still_named() -> None:
    found = judged(FILLS, FILL | {"time": WRONG_TIME, "shares": "1"}, version=163)
    assert found.status is Status.DEGRADED
    assert found.detail["fields"] == ["shares"]
    assert judged(FILLS, FILL, version=163).status is Status.PASS
