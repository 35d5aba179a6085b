"""Holdings are decoded as the gateway has them."""

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
    assert ask("positions", row, gateway).status is Status.PASS


def test_a_wrong_quantity_is_named(ask: Ask, some_row: LibraryRow) -> None:
    truth = load("paper")
    first, *others = truth.positions
    told = replace(truth, positions=({**first, "position": "101"}, *others))

    record = ask("positions", some_row, told=told)

    assert record.status is Status.DEGRADED
    assert "con_id 265598: quantity: expected '100', got '101'" in str(record.reason)
