"""Whichever step of a check of orders fails, its time is enough to cancel what may be working."""

from __future__ import annotations

import pytest

from adapters.base import RequestTimeoutError
from harness.checks.check import Check, CheckFailedError
from tests.checks.played import PLACING, Played, ask

STEPS = 20
"""More than any check has."""


class Slow(Played):
    """Takes all the time of each wait; one of them fails, and those that follow."""

    def __init__(self, fails: int) -> None:
        super().__init__()
        self.waits = 0
        self._fails = fails

    def wait(self) -> None:
        self.waits += 1
        if self.waits >= self._fails:
            raise RequestTimeoutError("no answer")


@pytest.mark.parametrize("check", PLACING, ids=lambda check: check.name)
def test_there_is_time_to_cancel(check: Check) -> None:
    ordinary = Slow(fails=STEPS)
    ask(check, ordinary)
    longest = ordinary.waits
    for fails in range(1, ordinary.waits + 1):
        slow = Slow(fails)
        with pytest.raises((CheckFailedError, RequestTimeoutError)):
            ask(check, slow)
        longest = max(longest, slow.waits)
    assert longest <= check.requests
