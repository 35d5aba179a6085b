"""A bar of five seconds is read as the gateway sends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.gateways.simulator.truth import load
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.gateways.simulator.truth import Truth
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def with_bar(**values: object) -> Truth:
    truth = load("paper")
    bars = {con_id: {**bar, **values} for con_id, bar in truth.market.real_time_bars.items()}
    return replace(truth, market=replace(truth.market, real_time_bars=bars))  # type: ignore[arg-type]


def test_a_wrong_average_is_named(ask: Ask, row: LibraryRow) -> None:
    record = ask("real_time_bars", row, told=with_bar(wap="190.125"))
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: wap: expected '190.375', got '190.125'"


def test_an_account_that_may_see_none_is_no_fault_of_the_library(ask: Ask, row: LibraryRow) -> None:
    record = ask("real_time_bars", row, told=replace(load("paper"), quotes={}), timeout=1.0)
    assert record.status is Status.SKIPPED
    assert str(record.reason).startswith("the account has no such market data: error 420: Invalid Real-time Query")
