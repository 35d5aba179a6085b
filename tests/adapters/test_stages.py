"""A connect is timed by its stages, and a failed one names the first that it did not reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import adapters
from adapters.stages import StageClock, missing_at_ready

if TYPE_CHECKING:
    from adapters.base import Stage
    from adapters.records import ErrorCallback


class Heard:
    def __init__(self) -> None:
        self.stages: list[Stage] = []

    def stage_reached(self, stage: Stage, elapsed: float) -> None:
        assert elapsed >= 0
        self.stages.append(stage)

    def negotiated(self, server_version: int) -> None:
        raise AssertionError(server_version)

    def error_callback(self, callback: ErrorCallback) -> None:
        raise AssertionError(callback)


def test_a_stage_counts_once() -> None:
    heard = Heard()
    clock = StageClock(heard)
    clock.reached("tcp")
    first = clock.times["tcp"]
    clock.reached("tcp")
    assert heard.stages == ["tcp"]
    assert clock.times["tcp"] == first


def test_a_failure_names_the_first_stage_not_reached() -> None:
    clock = StageClock(Heard())
    assert clock.failure("refused", "nobody listens").stage == "tcp"
    clock.reached("tcp")
    error = clock.failure("timeout", "silence")
    assert (error.stage, error.kind, list(error.times)) == ("version", "timeout", ["tcp"])
    assert str(error).startswith("no server version after ")
    assert str(error).endswith(" s: silence")


def test_what_was_missing_is_named() -> None:
    assert missing_at_ready(None, None) == "managedAccounts did not arrive, nextValidId did not arrive"
    assert missing_at_ready([], 1) == "managedAccounts names no account"
    assert missing_at_ready(["DU1"], 0) == ""


def test_an_unknown_adapter_is_refused_with_the_known_names() -> None:
    with pytest.raises(ValueError, match="unknown adapter 'ibkr'; there are: ib_async, ib_insync, ibapi"):
        adapters.load("ibkr")
