"""All rows of a scan are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.answers import _ANSWERS
from harness.gateways.simulator.truth import load
from harness.shared.status import Status
from tests.checks.conftest import with_reference

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_a_wrong_symbol_and_a_missing_row_are_named(ask: Ask, row: LibraryRow) -> None:
    first, *_ = load("paper").reference["scanned"]
    record = ask("scanner", row, told=with_reference("scanned", [{**first, "symbol": "MSFT"}]))
    assert record.status is Status.DEGRADED
    assert record.detail["differences"] == [
        "rank 0: symbol: expected 'AAPL', got 'MSFT'",
        "rank 1: expected a record, got none",
    ]


def test_a_scan_that_finds_nothing_is_read_as_such(ask: Ask, row: LibraryRow) -> None:
    record = ask("scanner", row, told=with_reference("scanned", []))
    assert record.status is Status.DEGRADED
    assert record.detail["records"] == []


def test_a_scan_that_is_not_answered_does_not_wait_for_the_market_to_open(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_ANSWERS, "req_scanner_subscription", lambda *_: iter(()))
    record = ask("scanner", some_row, timeout=0.5, simulated=False)
    assert record.status is Status.TIMEOUT
