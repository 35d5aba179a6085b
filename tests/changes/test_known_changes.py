"""What is known to change between versions is found, by real libraries."""

from __future__ import annotations

import pytest

from harness.changes.change import Changes, Group
from tests.changes.sides import between, named, one

OLD, NEW = "ib_async==1.0.3", "ib_async==2.1.0"

KNOWN = (
    "change_of_a_live_order_refused",
    "connect_off_the_main_thread",
    "market_data_without_con_id",
    "unknown_symbol_is_qualified",
    "what_if_order_refused",
)


@pytest.fixture(scope="module")
def found() -> Changes:
    return between(OLD, NEW, named(*KNOWN), signatures=True)


def test_an_order_that_is_changed_wrongly_was_cancelled_and_now_has_an_error(found: Changes) -> None:
    change = one(found, Group.VALUE, "status of the order after error 321")
    assert (change.before, change.after) == ("'Cancelled'", "'ValidationError'")
    assert one(found, Group.VALUE, "ib.openTrades()").after == "1"


def test_what_cannot_be_qualified_is_now_none_in_the_list(found: Changes) -> None:
    assert one(found, Group.VALUE, "length of what it returns").after == "2"
    assert "'NoneType' object has no attribute 'conId'" in one(found, Group.EXCEPTION, "in a loop").after


def test_a_connect_in_a_thread_raised_and_now_works(found: Changes) -> None:
    change = one(found, Group.EXCEPTION, "ib.connect() in a thread")
    assert change.before.startswith("raises RuntimeError: There is no current event loop")
    assert change.after == "returns"


def test_a_what_if_order_that_is_refused_now_waits_for_ever(found: Changes) -> None:
    change = one(found, Group.PENDING, "whatIfOrder() that is refused with 321")
    assert change.before == "[]"
    assert "still waits" in change.after


def test_market_data_now_need_a_con_id(found: Changes) -> None:
    change = one(found, Group.EXCEPTION, "reqMktData() without a conId")
    assert change.before == "returns"
    assert change.after.startswith("raises ValueError")


def test_records_that_were_tuples_are_none_any_more(found: Changes) -> None:
    change = one(found, Group.TYPE, "objects.OptionChain")
    assert (change.before, change.after) == ("NamedTuple", "none")


def test_fields_that_moved_are_told_by_name(found: Changes) -> None:
    assert "marketDataType" in one(found, Group.SIGNATURE, "ticker.Ticker.__init__").before


def test_every_situation_came_to_its_end(found: Changes) -> None:
    assert found.not_known == ()
