"""The orders that still work are known to a library that connects again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.answers import orders
from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import Behaviour
from harness.shared.status import Status
from harness.wire.message import Message

if TYPE_CHECKING:
    from tests.checks.conftest import Ask, Books
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


def test_where_the_client_id_is_freed_late_the_order_is_cancelled_by_a_later_connection(
    ask: Ask, row: LibraryRow, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, free = SimulatedGateway.claim, [True, False, False]
    monkeypatch.setattr(SimulatedGateway, "claim", lambda *known: (not free or free.pop(0)) and claim(*known))
    record = ask("unsolicited_orders", row, timeout=1.0)
    assert record.status is Status.FAIL
    assert "; the order has ended: " in str(record.reason)
    assert [book.working(client_id) for book, client_id in books] == [[]]


def test_an_order_that_is_not_listed_any_more_is_missed_and_cancelled_all_the_same(
    ask: Ask, row: LibraryRow, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "_listed", lambda *_: iter([Message("open_orders_end")]))
    record = ask("unsolicited_orders", row, timeout=2.0)
    assert record.status is Status.DEGRADED
    of_library = f"{row.adapter}.ib: cancelOrder: Unknown orderId"
    missed = "not the truth: symbol AAPL: expected a record, got none" if row.adapter == "ibapi" else of_library
    assert str(record.reason).startswith(missed)
    assert [book.working(client_id) for book, client_id in books] == [[]]


def test_where_the_list_is_silent_an_order_that_the_library_does_not_know_is_cancelled(
    ask: Ask, row: LibraryRow, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "_listed", lambda *_: iter([]))
    record = ask("unsolicited_orders", row, timeout=1.0)
    assert record.status is Status.FAIL
    assert "no answer within 1 s; the order has ended: " in str(record.reason)
    assert [book.working(client_id) for book, client_id in books] == [[]]
