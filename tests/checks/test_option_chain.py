"""An option chain is decoded as the gateway has it."""

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
    record = ask("option_chain", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_missing_strike_is_named(ask: Ask, some_row: LibraryRow) -> None:
    first, *others = load("paper").option_chains
    strikes = first["strikes"]
    assert isinstance(strikes, tuple)
    told = replace(load("paper"), option_chains=({**first, "strikes": strikes[1:]}, *others))
    record = ask("option_chain", some_row, told=told)
    assert record.status is Status.DEGRADED
    assert "exchange SMART, trading_class AAPL: strikes: expected ['5', '100'," in str(record.reason)
