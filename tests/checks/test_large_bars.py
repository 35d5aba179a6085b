"""Twenty thousand bars come through, every one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.bars import Bar
from harness.gateways.simulator.truth import load
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.slow
@pytest.mark.parametrize("gateway", ["gateway-10.30", "gateway-10.45"])
def test_every_library_reads_them(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("large_bars", row, gateway, scenario="large", timeout=20.0)
    assert (record.status, record.reason) == (Status.PASS, None)
    assert record.detail["count"] == 20_000


def test_a_wrong_field_is_named(ask: Ask, some_row: LibraryRow) -> None:
    truth = load("paper", "large")
    *others, minutes = truth.bars
    first, *rest = minutes.bars
    wrong = replace(minutes, bars=(Bar(first.begins, {**first.values, "volume": "5"}), *rest))
    record = ask("large_bars", some_row, scenario="large", told=replace(truth, bars=(*others, wrong)), timeout=20.0)
    assert record.status is Status.DEGRADED
    assert str(record.reason).startswith("not the truth: digest of volume: expected ")
    assert "more" not in str(record.reason)
