"""What passes while our own event loop stands still is laid at no gateway's door."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.doctor.subjects import Asked
from harness.known import scenarios
from harness.shared.status import Fault
from tests.doctor.looking import look_at
from tests.virtual import run_virtually

TURNS_LATE = 0.3
"""Seconds by which each turn of the loop comes late, where a machine has much else to do."""

STANDS_STILL_ONCE = 8.0
"""Seconds; within what is waited for an answer where the loop does not get to turn."""

STANDS_STILL = 60.0


def at(moment: float, seconds: float) -> Callable[[float], float]:
    """Stand still once, from a moment on."""
    left = [seconds]
    return lambda now: left.pop() if left and now >= moment else 0.0


@pytest.mark.parametrize("moment", [0.01, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("name", ["early-notice", "split-version-reply", "drops", "disconnected"])
def test_a_loop_that_stood_still_once_changes_no_verdict(name: str, moment: float) -> None:
    seen = run_virtually(look_at(Asked(scenario=name)), at(moment, STANDS_STILL_ONCE))

    assert seen.verdict.code == scenarios.find(name).verdict


@pytest.mark.parametrize("moment", [0.01, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("name", ["early-notice", "split-version-reply", "drops", "disconnected", "silent", "deaf"])
def test_one_that_stood_still_for_longer_than_is_waited_blames_nobody_else(name: str, moment: float) -> None:
    seen = run_virtually(look_at(Asked(scenario=name)), at(moment, STANDS_STILL))

    assert seen.verdict.code in {scenarios.find(name).verdict, "machine-too-busy"}


@pytest.mark.parametrize("name", ["split-frames", "never-accepts", "silent", "few-clients"])
def test_a_loop_whose_every_turn_is_late_changes_no_verdict(name: str) -> None:
    """Ten seconds of a look take minutes of its time; what is late all the same is late by the gateway."""
    seen = run_virtually(look_at(Asked(scenario=name)), lambda _: TURNS_LATE)

    assert seen.verdict.code in {scenarios.find(name).verdict, "machine-too-busy"}


@pytest.mark.parametrize("name", ["silent", "never-accepts", "silent-after-start", "no-next-valid-id"])
def test_silence_that_nobody_had_the_time_to_listen_to_is_the_machines(name: str) -> None:
    seen = run_virtually(look_at(Asked(scenario=name)), lambda _: STANDS_STILL)

    assert (seen.verdict.code, seen.verdict.fault) == ("machine-too-busy", Fault.HARNESS)
    assert not seen.verdict.usable
    assert seen.case.found.plain.lag > STANDS_STILL * 0.9
