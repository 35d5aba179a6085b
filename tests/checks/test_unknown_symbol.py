"""A contract that does not exist is refused, and every library says so."""

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
def test_every_library_passes_the_refusal_on(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("unknown_symbol", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)
    assert record.detail["historical_bars"] == "error 200: No security definition has been found for the request"


def test_an_answer_is_a_failure(ask: Ask, some_row: LibraryRow) -> None:
    aapl = next(row for row in load("paper").contract_details if row["symbol"] == "AAPL")
    told = replace(load("paper"), contract_details=({**aapl, "symbol": "NOSUCHSYMBOL"},))
    record = ask("unknown_symbol", some_row, told=told)
    assert record.status is Status.FAIL
    assert (
        record.reason == "contract_details of a contract that does not exist: an answer instead of an error, records: 1"
    )
