"""What a search for symbols finds is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateways.simulator.truth import load
from harness.shared.status import Status
from tests.checks.conftest import with_reference

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_a_wrong_exchange_is_named(ask: Ask, row: LibraryRow) -> None:
    symbols = load("paper").reference["symbols"]
    told = [{**symbol, "primary_exchange": "X"} if symbol.get("symbol") == "AAPLUSD" else symbol for symbol in symbols]
    record = ask("matching_symbols", row, told=with_reference("symbols", told))
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: con_id 242506861: primary_exchange: expected 'EBS', got 'X'"
