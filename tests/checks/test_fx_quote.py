"""A currency pair is quoted to every library that speaks 163, and to no other."""

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

TOO_OLD = "ibapi==9.81.1.post1"


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_that_speaks_163_reads_it(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("fx_quote", row, gateway)
    if row.library == TOO_OLD:
        assert record.status is Status.FAIL
        assert "10285" in str(record.reason)
    else:
        assert (record.status, record.reason) == (Status.PASS, None)


def test_a_lost_fraction_of_a_size_is_named(ask: Ask, row: LibraryRow) -> None:
    if row.library == TOO_OLD:
        pytest.skip("it is told no size")
    truth = load("paper")
    told = {**truth.quotes, "EUR": {**truth.quotes["EUR"], "ask_size": "1250000"}}
    record = ask("fx_quote", row, told=replace(truth, quotes={**told, "12087792": told["EUR"]}))
    assert record.status is Status.DEGRADED
    assert "ask_size: expected '1250000.5', got '1250000'" in str(record.reason)
