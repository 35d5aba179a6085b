"""What we slept through is measured, and is not held against a gateway."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from harness.control import stall
from harness.evidence import Ended
from tests import virtual
from tests.diagnose.seen import PASSED, found, stopped


@pytest.mark.parametrize("seconds", [0.0, 0.5, 7.0])
def test_the_time_in_which_the_loop_did_not_turn_is_measured(seconds: float) -> None:
    async def measured() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, virtual.VirtualLoop)
        async with stall.StallMeter() as meter:
            await asyncio.sleep(1)
            loop.jump(seconds)
            await asyncio.sleep(1)
        return meter.stalled

    assert virtual.run(measured()) == pytest.approx(seconds, abs=0.06)


@pytest.mark.parametrize(
    ("first_byte", "stalled", "late", "proves"),
    [(0.1, 0.0, False, True), (1.5, 0.0, True, True), (1.5, 0.6, False, False), (5.0, 2.0, True, True)],
)
def test_an_answer_is_late_only_where_we_would_have_heard_it_earlier(
    first_byte: float,
    stalled: float,
    late: bool,  # noqa: FBT001
    proves: bool,  # noqa: FBT001
) -> None:
    seconds = {"tcp": 0.0, "first byte": first_byte, "version": first_byte, "ready": first_byte}
    attempt = replace(PASSED, seconds=seconds, stalled=stalled)
    assert stall.is_late(attempt) is late
    assert stall.proves_nothing(attempt) is not proves


@pytest.mark.parametrize(
    ("ended", "stalled", "tells"),
    [
        (Ended.SILENT, 0.0, True),
        (Ended.SILENT, 1.0, True),
        (Ended.SILENT, 2.0, False),
        (Ended.NO_ANSWER, 4.0, False),
        (Ended.CLOSED, 4.0, True),
    ],
)
def test_a_silence_that_we_slept_through_tells_nothing(ended: Ended, stalled: float, tells: bool) -> None:  # noqa: FBT001
    stage = "tcp" if ended is Ended.NO_ANSWER else "version"
    assert stall.can_tell(found(stopped(stage, ended, timeout=4.0, stalled=stalled))) is tells
