"""Contracts are decoded as the gateway has them."""

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
    record = ask("contract_details", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_wrong_name_is_named(ask: Ask, some_row: LibraryRow) -> None:
    first, *others = load("paper").contract_details
    told = replace(load("paper"), contract_details=({**first, "long_name": "APPLE"}, *others))
    record = ask("contract_details", some_row, told=told)
    assert record.status is Status.DEGRADED
    assert "con_id 265598: long_name: expected 'APPLE INC', got 'APPLE'" in str(record.reason)


def test_a_month_that_does_not_come_is_named(ask: Ask, some_row: LibraryRow) -> None:
    months = [row for row in load("paper").contract_details if row["local_symbol"] != "ESH7"]
    record = ask("contract_details", some_row, told=replace(load("paper"), contract_details=tuple(months)))
    assert record.reason == "not the truth: con_id 551601561: expected a record, got none"
