"""The moment since when there are data is read, as text and as seconds."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.gateways.simulator.truth import load
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_another_moment_is_named_in_both_forms(ask: Ask, row: LibraryRow) -> None:
    truth = load("paper")
    later = {con_id: when + dt.timedelta(hours=1) for con_id, when in truth.market.head_timestamps.items()}
    record = ask("head_timestamp", row, told=replace(truth, market=replace(truth.market, head_timestamps=later)))
    assert record.status is Status.DEGRADED
    assert record.detail["differences"] == [
        "text: expected '1980-12-12T14:30:00', got '1980-12-12T15:30:00'",
        "seconds: expected '1980-12-12T14:30:00+00:00', got '1980-12-12T15:30:00+00:00'",
    ]
