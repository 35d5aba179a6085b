"""What is known to change between versions of ibapi is found, by the real clients."""

from __future__ import annotations

import pytest

from harness.changes.change import Changes, Group
from harness.changes.concern import subject
from tests.changes.sides import between, named, one

TEXT, PROTOBUF = "ibapi==9.81.1.post1", "ibapi-latest==10.51.1"

KNOWN = (
    "callback_raises",
    "callbacks_of_an_older_program",
    "gateway_restarts",
    "limit_order_is_filled_in_parts",
    "names_of_a_star_import",
    "order_as_the_library_makes_it",
    "order_is_cancelled",
)


@pytest.fixture(scope="module")
def found() -> Changes:
    return between(TEXT, PROTOBUF, named(*KNOWN), signatures=True)


def test_a_program_that_overrides_error_as_of_old_loses_its_message_loop(found: Changes) -> None:
    change = one(found, Group.EXCEPTION, "error(reqId, errorCode, errorString): run()")
    assert change.before == "returns"
    assert change.after.startswith("raises TypeError")


def test_an_order_cannot_be_cancelled_by_its_number_alone_any_more(found: Changes) -> None:
    change = one(found, Group.EXCEPTION, "cancelOrder(id)")
    assert change.before == "returns"
    assert "orderCancel" in change.after


def test_sizes_are_decimal_numbers(found: Changes) -> None:
    change = one(found, Group.VALUE, "orderStatus of the first part: filled")
    assert (change.before, change.after) == ("4.0", "Decimal('4')")


def test_what_a_callback_of_one_word_hears_concerns_who_overrides_it(found: Changes) -> None:
    change = one(found, Group.VALUE, "position(): position")
    assert change.after == "Decimal('10')"
    assert subject(change.what, frozenset({"position"})) == "position"


def test_an_order_of_an_old_version_is_refused_for_its_defaults(found: Changes) -> None:
    change = one(found, Group.EVENT, "callbacks of placeOrder() of LMT")
    assert change.before == "error 10268"
    assert "orderStatus Submitted" in change.after


def test_a_time_has_its_zone_since_the_server_version_that_brought_it(found: Changes) -> None:
    change = one(found, Group.VALUE, "execDetails: execution.time")
    assert "US/Eastern" not in change.before
    assert "US/Eastern" in change.after


def test_a_name_that_samples_take_from_a_module_is_told_where_it_is_gone(found: Changes) -> None:
    change = one(found, Group.VALUE, "from ibapi.common import *: UNSET_DOUBLE")
    assert (change.before, change.after) == ("True", "False")


def test_what_both_do_alike_is_no_change(found: Changes) -> None:
    """Both lose the line, hear of it, and come back, whichever thread calls what."""
    assert not [each for each in found.changes if "gateway_restarts" in each.situations]


def test_an_argument_of_a_callback_that_came_between_is_told(found: Changes) -> None:
    assert one(found, Group.SIGNATURE, "wrapper.EWrapper.error: parameter was added").after == "errorTime"


def test_names_that_came_with_all_of_another_module_are_not_told(found: Changes) -> None:
    assert not [each for each in found.changes if each.what.startswith("client.MIN_SERVER_VER")]


def test_every_situation_came_to_its_end(found: Changes) -> None:
    assert found.not_known == ()
