"""Every row of a book is read, of all exchanges and of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.gateways.simulator.truth import load
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.gateways.simulator.truth import Truth
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def with_book(**sides: Any) -> Truth:
    truth = load("paper")
    books = {con_id: replace(book, **sides) for con_id, book in truth.market.depth.items()}
    return replace(truth, market=replace(truth.market, depth=books))


def test_a_wrong_size_is_named_in_both_books(ask: Ask, row: LibraryRow) -> None:
    bids = next(iter(load("paper").market.depth.values())).bids
    told = with_book(bids=tuple(replace(bid, size="7") if bid.exchange == "IEX" else bid for bid in bids))
    record = ask("market_depth", row, told=told)
    assert record.status is Status.DEGRADED
    assert record.detail["differences"] == [
        "side 1, position 2, operation 0: size: expected '100', got '7'",
        "side 1, position 0, operation 0: size: expected '100', got '7'",
    ]


@pytest.mark.slow  # it waits for what does not come
def test_a_row_that_does_not_come_is_named(ask: Ask, some_row: LibraryRow) -> None:
    asks = next(iter(load("paper").market.depth.values())).asks
    record = ask("market_depth", some_row, told=with_book(asks=asks[:-1]), timeout=1.0)
    assert record.reason == "not the truth: side 0, position 3, operation 0: expected a record, got none"


def test_an_account_without_depth_is_no_fault_of_the_library(ask: Ask, row: LibraryRow) -> None:
    truth = load("paper")
    told = replace(truth, market=replace(truth.market, depth={}))
    record = ask("market_depth", row, told=told, timeout=1.0)
    assert record.status is Status.SKIPPED
    assert str(record.reason).startswith("the account has no such market data: error 10092")
