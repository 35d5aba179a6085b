"""Ten thousand holdings come through, every one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.truth import load
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.slow
@pytest.mark.parametrize("gateway", ["gateway-10.30", "gateway-10.45"])
def test_every_library_reads_them(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("large_positions", row, gateway, scenario="large", timeout=20.0)
    assert (record.status, record.reason) == (Status.PASS, None)
    assert record.detail["count"] == 10_000


def test_a_wrong_field_is_named(ask: Ask, some_row: LibraryRow) -> None:
    truth = load("paper", "large")
    first, *others = truth.positions
    told = replace(truth, positions=({**first, "position": "2"}, *others))
    record = ask("large_positions", some_row, scenario="large", told=told, timeout=20.0)
    assert record.status is Status.DEGRADED
    assert "digest of quantity" in str(record.reason)
    assert "more" not in str(record.reason)
