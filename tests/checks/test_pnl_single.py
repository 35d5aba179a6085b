"""Profit and loss of single holdings are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.truth import load
from harness.shared.status import Status
from tests.rows import need_row

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


WHOLE_ALONE = "ib_insync==0.9.70"
"""It reads the size of a holding as a whole number."""


def test_another_day_is_named(ask: Ask, row: LibraryRow) -> None:
    if row.library == WHOLE_ALONE:
        pytest.skip("it gets no answer, as below")
    truth = load("paper")
    daily = {**truth.reference["daily_pnl"], "265598": 7.0}
    record = ask("pnl_single", row, told=replace(truth, reference={**truth.reference, "daily_pnl": daily}))
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: con_id 265598: daily: expected 100.0, got 7.0"


@pytest.mark.slow  # it waits for what does not come
def test_a_library_that_reads_whole_sizes_alone_gets_no_answer(ask: Ask) -> None:
    record = ask("pnl_single", need_row(WHOLE_ALONE), timeout=1.0)
    assert record.status is Status.TIMEOUT
    assert "invalid literal for int() with base 10: '20000.5'" in str(record.reason)
