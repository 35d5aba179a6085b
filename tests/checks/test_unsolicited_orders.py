"""The orders that still work are known to a library that connects again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.answers import orders
from harness.known.scenarios import Behaviour
from harness.shared.status import Status
from harness.wire.message import Message

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_every_library_knows_them(ask: Ask, row: LibraryRow) -> None:
    record = ask("unsolicited_orders", row)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_gateway_that_does_not_tell_is_seen_by_those_who_do_not_ask(ask: Ask, row: LibraryRow) -> None:
    record = ask("unsolicited_orders", row, behaviour=Behaviour(download_open_orders=False))
    if row.adapter == "ibapi" or row.library == "ib_insync==0.9.70":
        assert record.status is Status.DEGRADED
        assert record.reason == "not the truth: symbol AAPL: expected a record, got none"
    else:
        assert record.status is Status.PASS  # they ask for their open orders when they connect


def test_an_order_that_is_lost_with_its_connection_is_missed(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "_listed", lambda *_: iter([Message("open_orders_end")]))
    record = ask("unsolicited_orders", some_row)
    assert record.status in {Status.DEGRADED, Status.FAIL}
