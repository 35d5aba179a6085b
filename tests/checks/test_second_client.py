"""A second client is let in beside the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_holds_two_connections(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("second_client", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_gateway_that_takes_one_client_fails_it(ask: Ask, row: LibraryRow) -> None:
    record = ask("second_client", row, scenario="few-clients", timeout=1.0)
    assert record.status in {Status.FAIL, Status.TIMEOUT}
    assert str(record.reason).startswith("version: no server version")
