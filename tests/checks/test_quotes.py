"""A quote is read as the gateway has it, whether it keeps coming or is asked once."""

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

QUOTES = ("streaming_quote", "snapshot_quote")


@pytest.mark.parametrize("gateway", VERSIONS)
@pytest.mark.parametrize("check", QUOTES)
def test_every_library_reads_it(ask: Ask, check: str, row: LibraryRow, gateway: str) -> None:
    record = ask(check, row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


@pytest.mark.parametrize("check", QUOTES)
def test_a_wrong_size_is_named(ask: Ask, check: str, row: LibraryRow) -> None:
    truth = load("paper")
    told = replace(truth, quotes={"AAPL": {**truth.quotes["AAPL"], "ask_size": "201"}})
    record = ask(check, row, told=told)
    assert record.status is Status.DEGRADED
    assert "ask_size: expected '200', got '201'" in str(record.reason)


@pytest.mark.parametrize("check", QUOTES)
def test_a_gateway_without_market_data_is_no_fault_of_the_library(
    ask: Ask, check: str, row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.gateways.simulator.answers.contracts.NO_SUCH_CONTRACT", 354)
    record = ask(check, row, told=replace(load("paper"), quotes={}), timeout=1.0)
    assert record.status is Status.SKIPPED
    assert str(record.reason).startswith("the account has no such market data: error 354")
