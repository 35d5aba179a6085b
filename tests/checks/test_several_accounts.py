"""Several accounts come through each for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.truth import load
from harness.known.scenarios import find
from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
@pytest.mark.parametrize("check", find("several-accounts").checks)
def test_every_library_tells_them_apart(ask: Ask, row: LibraryRow, gateway: str, check: str) -> None:
    record = ask(check, row, gateway, scenario="several-accounts")
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_missing_account_is_named(ask: Ask, row: LibraryRow) -> None:
    truth = load("paper", "several-accounts")
    record = ask("several_accounts", row, scenario="several-accounts", told=replace(truth, accounts=truth.accounts[:1]))
    assert record.status is Status.DEGRADED
    assert "accounts: expected ['DU9000001', 'DU9000002'], got ['DU9000001']" in str(record.reason)
