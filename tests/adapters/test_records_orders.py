"""What is kept of an order that was placed: what the gateway told, not what a library concluded."""

from __future__ import annotations

import pytest

from adapters.base import LiveAccountError, need_paper
from adapters.records import ErrorCallback
from adapters.records_orders import confirmed, in_turn, refusal


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ([], ()),
        (["PendingSubmit", "PreSubmitted", "Submitted"], ("PreSubmitted", "Submitted")),
        (["PreSubmitted", "PreSubmitted", "Submitted"], ("PreSubmitted", "Submitted")),
        (["PreSubmitted", "ValidationError", "PreSubmitted"], ("PreSubmitted",)),
        (["Submitted", "PendingCancel", "Cancelled"], ("Submitted", "Cancelled")),
        (["Submitted", "PreSubmitted", "Submitted"], ("Submitted", "PreSubmitted", "Submitted")),
    ],
)
def test_statuses_are_those_of_the_gateway_each_once_in_a_row(statuses: list[str], told: tuple[str, ...]) -> None:
    assert in_turn(statuses) == told


@pytest.mark.parametrize("code", [201, 321, 10147, 10268])
def test_an_error_that_names_the_order_refuses_it(code: int) -> None:
    callback = ErrorCallback(101, code, "no")
    assert refusal([ErrorCallback(-1, 321, "no"), ErrorCallback(102, 201, "no"), callback], 101) is callback


@pytest.mark.parametrize("code", [202, 399, 404, 2109, 10349])
def test_a_notice_that_names_the_order_does_not_refuse_it(code: int) -> None:
    assert refusal([ErrorCallback(101, code, "notice")], 101) is None


def test_a_cancellation_is_confirmed_for_its_order_only() -> None:
    callbacks = [ErrorCallback(101, 202, "Order Canceled - reason:")]
    assert confirmed(callbacks, 101)
    assert not confirmed(callbacks, 102)


@pytest.mark.parametrize("accounts", [("DU9000001",), ("DF9000001", "DU9000001")])
def test_paper_accounts_may_have_orders(accounts: tuple[str, ...]) -> None:
    need_paper(accounts)


@pytest.mark.parametrize("accounts", [(), ("U9000001",), ("DU9000001", "U9000001"), ("",), ("du9000001",)])
def test_whatever_else_may_not(accounts: tuple[str, ...]) -> None:
    with pytest.raises(LiveAccountError, match="paper account"):
        need_paper(accounts)
