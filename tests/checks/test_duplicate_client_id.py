"""A client id that is in use is refused with 326, and every library shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.known.scenarios import Behaviour
from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_shows_the_refusal(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("duplicate_client_id", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)
    assert record.seconds < 4  # the library itself would wait out its timeout of five seconds


def test_a_gateway_that_lets_it_in_is_seen(ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.gateways.simulator.server.SimulatedGateway.claim", lambda *_: True)
    record = ask("duplicate_client_id", some_row)
    assert (record.status, record.reason) == (Status.FAIL, "the gateway let the same client id in twice")


def test_a_refusal_without_a_word_is_seen(ask: Ask, row: LibraryRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.gateways.simulator.session.CLIENT_ID_IN_USE", 2104)
    record = ask("duplicate_client_id", row)
    assert record.status is Status.FAIL
    assert str(record.reason).startswith("the second connect ended without error 326")


def test_where_the_first_connection_has_ended_before_nothing_was_let_in_twice(ask: Ask, some_row: LibraryRow) -> None:
    """Its client id is free, and a gateway is right to give it to the second."""
    ended = Behaviour(closes_on="req_current_time")
    record = ask("duplicate_client_id", some_row, behaviour=ended, before=["current_time"], timeout=1.0)
    assert record.status is Status.FAIL
    assert "twice" not in str(record.reason)
