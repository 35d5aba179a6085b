"""Profit and loss are read as the gateway has them."""

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
    record = ask("pnl", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_value_that_is_not_there_is_named(ask: Ask, row: LibraryRow) -> None:
    told = replace(load("paper"), pnl={**load("paper").pnl, "realized": None})
    record = ask("pnl", row, told=told)
    assert record.status is Status.DEGRADED
    assert "realized: expected -12.25, got None" in str(record.reason)
