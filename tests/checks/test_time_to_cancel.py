"""Whichever step of a check of orders fails, its time is enough to cancel what may be working."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.base import ConnectError, RequestTimeoutError
from harness.checks import second_connect
from harness.checks.check import Check, CheckFailedError
from tests.checks.played import CONNECT_TIMEOUT, PLACING, Played, ask

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


class Away(Played):
    """Lets no client in: each attempt takes all its time, but for one, after which there is a little left for another.

    ``now`` is the clock of this world, in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._takes = iter([1.0, 0.99])

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def connect(self, *_: Any, **__: Any) -> Played:
        self.now += next(self._takes, 1.0) * CONNECT_TIMEOUT
        raise ConnectError(stage="ready", kind="timeout", detail="", times={}, elapsed=CONNECT_TIMEOUT)


@pytest.mark.parametrize("check", [each for each in PLACING if each.connects], ids=lambda check: check.name)
def test_there_is_time_to_connect_again_whenever_it_fails(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Away()
    monkeypatch.setattr(second_connect, "time", away)
    with pytest.raises(CheckFailedError):
        ask(check, away)
    assert check.connects - 1 < away.now / CONNECT_TIMEOUT <= check.connects


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
