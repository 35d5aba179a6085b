"""The next order id after a reconnect is above those that were used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.answers import order_refusals
from harness.gateways.simulator.trading.book import Book
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.gateways.simulator.client import Client
    from harness.wire.message import Message
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_every_library_goes_on(ask: Ask, row: LibraryRow) -> None:
    record = ask("order_id_after_reconnect", row)
    assert (record.status, record.reason) == (Status.PASS, None)
    detail = record.detail
    assert detail["used"] < detail["next_order_id"] <= detail["following"]


def test_a_gateway_that_gives_an_id_again_is_named(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Book, "next_id", lambda *_: 101)
    record = ask("order_id_after_reconnect", some_row)
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: gateway_goes_on: expected 'yes', got 'no'"


def test_an_id_that_is_refused_is_told_with_what_became_of_the_order(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_id = Book.next_id
    monkeypatch.setattr(Book, "next_id", lambda book, client_id: next_id(book, client_id) + 1)
    monkeypatch.setattr(Book, "highest_id", lambda book, client_id: 2 * book.highest.get(client_id, 0))
    record = ask("order_id_after_reconnect", some_row)
    assert record.status is Status.FAIL
    assert str(record.reason).startswith("error 103: Duplicate order id; ")


def test_the_order_before_the_reconnect_has_ended_whatever_becomes_of_the_next_one(
    ask: Ask, row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_id, duplicates = order_refusals.of_id, iter([False, True])

    def refused(request: Message, client: Client) -> Message | None:
        return order_refusals.refused("duplicate_id", request, client) if next(duplicates) else of_id(request, client)

    monkeypatch.setattr(order_refusals, "of_id", refused)
    record = ask("order_id_after_reconnect", row)
    assert record.status is Status.FAIL
    said, fate, *more = str(record.reason).split("; ")
    assert said == "error 103: Duplicate order id"
    assert fate.startswith("no order is working: error 10147: ")
    assert not [each for each in more if "order is working" in each or "WORKING" in each or "has ended" in each]
