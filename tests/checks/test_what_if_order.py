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
    record = ask("what_if_order", row, told=replace(truth, what_if={**truth.what_if, "init_margin_change": 95.5}))
    assert record.status is Status.DEGRADED
    assert "init_margin_change: expected 95.25, got 95.5" in str(record.reason)
