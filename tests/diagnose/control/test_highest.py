"""The highest version that is answered is narrowed down, whoever answers what, and never for ever."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from harness.diagnose.control.attempt_state import Try
from harness.diagnose.control.search import _between, highest_answered
from harness.shared.evidence import ProbeRecord
from harness.wire.hello import Hello

ABOVE, BEYOND = 200, 400
PARTS = st.integers(1, 8)


def highest(answers: Callable[[int], bool], side_by_side: int) -> tuple[int, list[int]]:
    """What is found against a gateway that answers some maxima, and all that were announced."""
    announced: list[int] = []

    async def attempt(tried: Try) -> ProbeRecord:
        version = tried.announced.max_version
        announced.append(version)
        seconds = {"tcp": 0.1, "version": 0.2} if answers(version) else {"tcp": 0.1}
        return ProbeRecord(when=tried.when, passed=False, seconds=seconds)

    hello = Hello(min_version=100, max_version=9999)
    tries = [
        Try(host="127.0.0.1", port=4002, client_id=number, timeout=1.0, announced=hello)
        for number in range(side_by_side)
    ]
    with mock.patch.object(importlib.import_module("harness.diagnose.control.search"), "attempt", attempt):
        return asyncio.run(highest_answered(tries, above=ABOVE)), announced


@given(st.integers(ABOVE, BEYOND - 1), PARTS)
def test_the_highest_is_exact(own: int, side_by_side: int) -> None:
    found, announced = highest(lambda version: version <= own, side_by_side)
    assert found == own
    assert len(set(announced)) == len(announced)
    assert all(ABOVE < version < BEYOND for version in announced)


@given(st.sets(st.integers(ABOVE, BEYOND)), PARTS)
def test_whoever_answers_at_random_is_asked_no_version_twice(answered: set[int], side_by_side: int) -> None:
    found, announced = highest(answered.__contains__, side_by_side)
    assert found == ABOVE or found in answered
    assert len(set(announced)) == len(announced)


@given(st.integers(0, 500), st.integers(0, 500), PARTS)
def test_what_lies_between_is_between_and_there_is_some_where_there_can_be(low: int, more: int, parts: int) -> None:
    between = _between(low, low + more, parts)
    assert between == sorted(set(between))
    assert all(low < version < low + more for version in between)
    assert len(between) <= parts
    assert bool(between) == (more > 1)
