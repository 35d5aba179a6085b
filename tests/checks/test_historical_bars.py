"""Bars are decoded as the gateway has them, and at the right moments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.bars import Bar, Series
from harness.gateways.simulator.truth import Truth, load
from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_reads_them(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("historical_bars", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def days_told(change: dict[str, object]) -> Truth:
    """Return the truth with something else in the first bar of a day."""
    truth = load("paper")
    told = [changed(series, change) if series.bar_size == "1 day" else series for series in truth.bars]
    return replace(truth, bars=tuple(told))


def changed(series: Series, change: dict[str, object]) -> Series:
    first, *others = series.bars
    return replace(series, bars=(Bar(first.begins, {**first.values, **change}), *others))  # type: ignore[dict-item]


def test_a_wrong_price_is_named(ask: Ask, some_row: LibraryRow) -> None:
    record = ask("historical_bars", some_row, told=days_told({"high": 7000.0}))
    assert record.reason == "not the truth: time 20261116: high: expected 6698.5, got 7000.0"


def test_a_missing_bar_is_named(ask: Ask, some_row: LibraryRow) -> None:
    truth = load("paper")
    told = tuple(replace(series, bars=series.bars[:-1]) for series in truth.bars)
    record = ask("historical_bars", some_row, told=replace(truth, bars=told))
    assert str(record.reason).startswith("not the truth: time 20261120: expected a record, got none")
