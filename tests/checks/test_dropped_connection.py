"""A connection that the gateway ends is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_tells_its_user(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("dropped_connection", row, gateway, scenario="drops")
    assert (record.status, record.reason) == (Status.PASS, None)
    assert record.detail["request_failed_after"] <= record.detail["told_after"]


def test_a_gateway_that_stays_is_seen(ask: Ask, row: LibraryRow) -> None:
    record = ask("dropped_connection", row)
    assert record.status is Status.FAIL
    assert record.reason == "the gateway answered instead of closing the connection"
