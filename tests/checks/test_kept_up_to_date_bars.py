"""Bars are kept up to date: the change of the newest is told, and as it was sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.answers import _ANSWERS
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.truth import load
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.gateways.simulator.client import Client
    from harness.wire.message import Message
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_a_change_that_is_told_otherwise_is_named(ask: Ask, row: LibraryRow) -> None:
    truth = load("paper")
    changed = [replace(one.newest, values={**one.newest.values, "high": 7000.0}) for one in truth.bars]
    told = [replace(one, newest=newest) for one, newest in zip(truth.bars, changed, strict=True)]
    record = ask("kept_up_to_date_bars", row, told=replace(truth, bars=tuple(told)))
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: time 2026-11-20T14:55:00+00:00: high: expected 6726.75, got 7000.0"


def test_bars_that_do_not_come_do_not_wait_for_the_market_to_open(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_ANSWERS, "req_historical_data", lambda *_: iter(()))
    record = ask("kept_up_to_date_bars", some_row, timeout=0.2, simulated=False)
    assert record.status is Status.TIMEOUT


def test_a_change_that_does_not_come_does(ask: Ask, row: LibraryRow) -> None:
    truth = load("paper")
    told = tuple(replace(series, newest=series.bars[-1]) for series in truth.bars)
    record = ask("kept_up_to_date_bars", row, told=replace(truth, bars=told), timeout=0.2, simulated=False)
    assert record.status is Status.SKIPPED


def test_a_change_that_comes_with_the_bars_is_nobodys_fault(
    ask: Ask, row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ib_async and ib_insync put it into the bars before these can be read."""
    answer = _ANSWERS["req_historical_data"]

    def at_once(request: Message, client: Client) -> Iterator[Message]:
        yield from answer(request, client)
        yield from client.streams.told_at(client.now() + 1, Kind.BARS, request.number("req_id"))

    monkeypatch.setitem(_ANSWERS, "req_historical_data", at_once)
    record = ask("kept_up_to_date_bars", row)
    assert record.status is (Status.PASS if row.adapter == "ibapi" else Status.SKIPPED)


@pytest.mark.slow  # it waits for what does not come
def test_a_bar_that_stays_as_it_was_is_no_update(ask: Ask, some_row: LibraryRow) -> None:
    truth = load("paper")
    told = tuple(replace(series, newest=series.bars[-1]) for series in truth.bars)
    record = ask("kept_up_to_date_bars", some_row, told=replace(truth, bars=told), timeout=1.0)
    assert record.status is Status.TIMEOUT
