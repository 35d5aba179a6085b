"""Trades and changes of bid and ask are read one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.truth import load
from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_reads_them(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("tick_by_tick", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_wrong_price_is_named(ask: Ask, row: LibraryRow) -> None:
    truth = load("paper")
    told = replace(truth, trades={key: {**truth.trades["AAPL"], "price": 190.5} for key in truth.trades})
    record = ask("tick_by_tick", row, told=told)
    assert record.status is Status.DEGRADED
    assert "kind last: price: expected 190.25, got 190.5" in str(record.reason)
