"""A transcript tells its times by two clocks, which are read as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from harness.run.tap import recorder as recording
from harness.run.tap.recorder import Recorder
from harness.wire.message import Sender

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_a_wait_between_the_readings_of_two_clocks_shifts_no_transcript(monkeypatch: pytest.MonkeyPatch) -> None:
    never_steps = iter([0.0, 5.0, 5.0, 5.0001])
    of_the_day = iter([NOON + timedelta(seconds=5), NOON + timedelta(seconds=5)])
    monkeypatch.setattr(recording, "time", SimpleNamespace(monotonic=lambda: next(never_steps), time=NOON.timestamp))
    monkeypatch.setattr(recording, "datetime", SimpleNamespace(now=lambda _: next(of_the_day)))
    recorder = Recorder(gateway=("127.0.0.1", 4002))
    never_steps = iter([6.0])
    recorder.chunk(1, Sender.CLIENT, b"a second later")
    told = recorder.transcript()
    assert told.began + timedelta(seconds=told.entries[0].at) == NOON + timedelta(seconds=6)


def test_the_least_and_the_most_time_of_day_are_known_of_what_crossed(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(gateway=("127.0.0.1", 4002))
    known = [recorder.clock]
    for now in (100.0, 3_700.0, 40.0, 101.0):
        monkeypatch.setattr(recording, "time", SimpleNamespace(monotonic=lambda: 1.0, time=lambda now=now: now))
        recorder.chunk(1, Sender.GATEWAY, b"some")
    known.append(recorder.clock)
    assert known == [(), (40.0, 3_700.0)]
