"""What an order would do is told beforehand."""

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
def test_every_library_reads_it(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("what_if_order", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_wrong_margin_is_named(ask: Ask, row: LibraryRow) -> None:
    truth = load("paper")
    values = tuple(
        {**each, "value": "7.00"} if each["key"] == "InitMarginReq" else each for each in truth.account_values
    )
    record = ask("what_if_order", row, told=replace(truth, account_values=values))
    assert record.status is Status.DEGRADED
    assert "init_margin_before: expected 5972.24, got 7.0" in str(record.reason)
