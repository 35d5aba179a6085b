"""Checks the working orders of a client that connects again: they come unasked, before its accounts.

The order buys one share for 1.00, on paper accounts only; it is cancelled over the second connection, whatever fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from adapters.records import CANCELLED
from harness.checks.check import Check, Client, Phase
from harness.checks.expected import UNKNOWN, decimal, number, records, text
from harness.checks.heard import any_of
from harness.checks.order import FAR_BELOW, NEEDS, cancelled_whatever_fails, order_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.records import OpenOrder
    from harness.checks.expected import Expected, Records, Shape
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Place an order, connect again, see what the library knows of it, and cancel it from there."""
    timeout = client.request_timeout
    client.connection.system.current_time(timeout)  # what fails here has sent no order
    with cancelled_whatever_fails(client) as working:
        order_id = client.connection.placing.new_order_id()
        working.place(order_id, order_of(client.connection))
        again = working.connect_again()
        known = _told(again.orders.known_orders(), order_id)
        asked = _told(again.orders.own_orders(timeout), order_id)
        ended = again.placing.cancel_order(order_id, timeout)
    return {"known": known, "asked": asked, "confirmed": "yes" if ended.confirmed else "no"}


WORDS = ("symbol", "action", "order_type", "account")
TOLD = (*WORDS, "quantity", "limit_price", "status")
"""The fields that should be told of the order."""


def _told(orders: Sequence[OpenOrder], order_id: int) -> list[dict[str, Any]]:
    return [{name: vars(order)[name] for name in TOLD} for order in orders if order.order_id == order_id]


KEY = ("symbol",)
PENDING_CANCEL = "PendingCancel"


def expected(truth: Truth) -> Mapping[str, Expected | Records]:
    """Return the order as it was placed, twice: as the library knows it, and as it is listed."""
    told = {**_order(truth.accounts[0]), "status": str(truth.placing["statuses"][-1])}
    return {"known": records(KEY, [told]), "asked": records(KEY, [told]), "confirmed": "yes"}


def wanted(accounts: Sequence[str], _detail: Mapping[str, Any]) -> Shape:
    """Require the order as it was placed, where it is listed; whether it comes unasked is a setting of the gateway."""
    return {"asked": records(KEY, [_order(accounts[0] if accounts else UNKNOWN)]), "confirmed": "yes"}


def _order(account: Expected) -> Mapping[str, Expected]:
    own: dict[str, Expected] = {"symbol": LIQUID_STOCK.symbol, "action": "BUY", "order_type": "LMT"}
    amounts: dict[str, Expected] = {"quantity": decimal({"quantity": 1}, "quantity"), "limit_price": FAR_BELOW}
    return {**own, **amounts, "account": account}


def heard(said: Heard) -> Mapping[str, Expected | Records]:
    """Return the order as the gateway sent it over the second connection: before the check asked, and when it did.

    Some libraries ask their open orders themselves when they connect. Any status that came is right.
    """
    ids = {request["order_id"] for request in said.requests("cancel_order")}
    rows = [row for row in said.session("open_order") if row["order_id"] in ids and row["status"] != PENDING_CANCEL]
    statuses = [row for row in said.session("order_status") if row["order_id"] in ids]
    listed = said.answers("req_open_orders")[-1].rows.get("open_order", ())
    asked = [row for row in listed if row["order_id"] in ids]
    earlier = rows[: len(rows) - len(asked)]  # after the answer comes nothing but that it is being cancelled
    confirmed = any(row["code"] == CANCELLED and row["req_id"] in ids for row in said.during("error"))
    told = {"known": _heard(earlier, statuses), "asked": _heard(asked, statuses)}
    return {**told, "confirmed": "yes" if confirmed else "no"}


def _heard(rows: Sequence[Values], statuses: Sequence[Values]) -> Records:
    if not rows:
        return records(KEY, [])
    told: dict[str, Expected] = {name: any_of(text(row, name) for row in rows) for name in WORDS}
    told |= {"quantity": any_of(decimal(row, "total_quantity") for row in rows)}
    told |= {"limit_price": any_of(number(row, "limit_price") for row in rows)}
    return records(KEY, [{**told, "status": any_of(text(row, "status") for row in [*rows, *statuses])}])


CHECK = Check(
    name="unsolicited_orders",
    proves="after a reconnect the library knows the order that still works, without a request, and can cancel it",
    phase=Phase.ORDER_AND_CONNECTION,
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("known", "asked", "confirmed"),
    needs=NEEDS,
    requests=6,
    connects=3,
)
