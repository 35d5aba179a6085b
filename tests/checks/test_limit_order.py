"""An order is placed, seen and cancelled, whatever the library and the encoding, and whatever fails meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.answers import _ANSWERS
from harness.gateways.simulator.trading.book import Book
from harness.gateways.simulator.truth import load
from harness.known.scenarios import Behaviour
from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.gateways.simulator.client import Client
    from harness.gateways.simulator.truth import Values
    from harness.wire.message import Message
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow

TRUTH = load("paper")


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_does_it(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("limit_order", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_an_order_that_is_not_shown_is_seen_and_cancelled(
    ask: Ask, row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Book, "working", lambda book, *_: [order for order in book.of(None) if order.is_truth])
    once = {**TRUTH.placing, "statuses": ["Submitted"]}  # else the second status would show it, too
    record = ask("limit_order", row, told=replace(TRUTH, placing=once))
    assert record.status is Status.FAIL
    assert "is not among the 1 open orders" in str(record.reason)
    assert str(record.reason).endswith("; the order has ended: Submitted, Cancelled")


def test_an_order_of_which_nothing_is_told_is_cancelled(
    ask: Ask, row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, working = _ANSWERS["place_order"], []

    def mute(request: Message, client: Client) -> Iterator[Message]:
        list(place(request, client))
        working.append((client.desk.book, client.client_id))
        return iter(())

    monkeypatch.setitem(_ANSWERS, "place_order", mute)
    record = ask("limit_order", row, timeout=0.5)
    assert record.status is Status.FAIL
    assert record.reason == "no answer within 0.5 s; the order has ended: Cancelled"
    assert [book.working(client_id) for book, client_id in working] == [[]]


def test_an_order_that_is_refused_is_told_not_to_work(ask: Ask, row: LibraryRow) -> None:
    refused: tuple[Values, ...] = ({"name": "transmit", "code": 201, "text": "Order rejected - reason:too small"},)
    record = ask("limit_order", row, told=replace(TRUTH, refused_attributes=refused))
    assert record.status is Status.FAIL
    said, aftermath = str(record.reason).split("; ")
    assert said == "error 201: Order rejected - reason:too small"
    assert aftermath.startswith("no order is working: error 10147: OrderId ")


@pytest.mark.slow
def test_an_order_that_was_refused_when_sent_is_not_said_to_work_where_cancelling_is_refused_too(
    ask: Ask, row: LibraryRow
) -> None:
    record = ask("limit_order", row, behaviour=Behaviour(read_only=True))
    assert record.status is Status.FAIL
    assert "Read-Only" in str(record.reason)
    assert str(record.reason).split("; ")[-1].startswith("no order is working")


def test_an_order_that_cannot_be_cancelled_is_shouted_about(
    ask: Ask, row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(_request: Message, _client: Client) -> Iterator[Message]:
        return iter(())

    monkeypatch.setitem(_ANSWERS, "cancel_order", deaf)
    record = ask("limit_order", row, timeout=0.5)
    assert record.status is Status.FAIL
    assert "MAY STILL BE WORKING" in str(record.reason)


def test_where_the_connection_has_ended_before_no_order_is_said_to_work(ask: Ask, row: LibraryRow) -> None:
    ended = Behaviour(closes_on="req_current_time")
    record = ask("limit_order", row, behaviour=ended, before=["current_time"], timeout=1.0)
    assert record.status in {Status.FAIL, Status.TIMEOUT}
    assert "WORKING" not in str(record.reason)


def test_a_cancellation_without_its_code_is_named(ask: Ask, row: LibraryRow) -> None:
    silent = {**TRUTH.placing, "cancelled": {**TRUTH.placing["cancelled"], "code": 399}}
    record = ask("limit_order", row, told=replace(TRUTH, placing=silent), timeout=0.5)
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: confirmed: expected 'yes', got 'no'"


@pytest.mark.parametrize("check", ["limit_order", "what_if_order"])
def test_none_is_sent_where_nobody_asked_for_orders(ask: Ask, row: LibraryRow, check: str) -> None:
    record = ask(check, row, orders=False)
    assert record.status is Status.SKIPPED
    assert record.reason == "orders were not asked for, or the gateway's mode is not paper"


@pytest.mark.parametrize("check", ["limit_order", "what_if_order"])
def test_none_is_sent_where_an_account_is_no_paper_account(ask: Ask, row: LibraryRow, check: str) -> None:
    record = ask(check, row, told=replace(TRUTH, accounts=("DU9000001", "U9000001")))
    assert record.status is Status.SKIPPED
    assert record.reason == "orders are sent only if every account is a paper account (DU… or DF…)"


def test_an_order_whose_time_in_force_was_set_is_taken_for_cancelled_by_some(ask: Ask, row: LibraryRow) -> None:
    record = ask("limit_order", row, scenario="order-preset")
    if row.adapter == "ibapi":
        assert (record.status, record.reason) == (Status.PASS, None)
    else:
        assert record.status is Status.FAIL
        shown = "the library shows Cancelled while the order works; error 10349: Order TIF was set to DAY"
        assert str(record.reason).startswith(shown)


@pytest.mark.parametrize("check", ["executions", "positions"])
def test_what_has_no_end_times_out(ask: Ask, row: LibraryRow, check: str) -> None:
    if check == "executions" and row.adapter == "ib_insync":
        pytest.skip("it does not even get ready, which matrices/known.toml expects")
    record = ask(check, row, scenario=f"no-{check}-end", timeout=0.5)
    assert record.status is Status.TIMEOUT
