"""A gateway in read-only mode refuses what is about orders, and every library shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_shows_the_refusal(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("read_only", row, gateway, scenario="read-only", timeout=0.5)
    assert (record.status, record.reason) == (Status.PASS, None)
    assert record.detail["text"].endswith("The API interface is currently in Read-Only mode.")


def test_a_gateway_that_answers_is_seen(ask: Ask, row: LibraryRow) -> None:
    record = ask("read_only", row)
    assert record.status is Status.FAIL
    assert record.reason == "the gateway sends the working orders: it is not in Read-Only mode"


@pytest.mark.parametrize("check", ["open_orders", "completed_orders"])
def test_a_request_without_id_is_refused_at_once(ask: Ask, row: LibraryRow, check: str) -> None:
    record = ask(check, row, scenario="read-only", timeout=0.5)
    assert record.status is Status.FAIL
    assert str(record.reason).startswith("error 321: ")
