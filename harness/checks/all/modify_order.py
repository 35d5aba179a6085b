"""Checks that an order can be changed while it works: it is placed again under its id, on paper accounts only.

Both the order and what it is changed to are far from the market; it is cancelled whatever fails.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from adapters.records import CANCELLED
from harness.checks.check import Check, Client, Phase
from harness.checks.expected import decimal, number
from harness.checks.heard import NotHeardError
from harness.checks.order import FAR_BELOW, NEEDS, cancelled_whatever_fails, find, order_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

QUANTITY, PRICE = 2, FAR_BELOW + 0.01
"""What the order is changed to."""


def ask(client: Client) -> dict[str, Any]:
    """Place an order, change its quantity and its limit, ask what works now, and cancel it."""
    connection, timeout = client.connection, client.request_timeout
    connection.system.current_time(timeout)  # what fails here has sent no order
    order = order_of(connection)
    with cancelled_whatever_fails(client) as working:
        order_id = connection.placing.new_order_id()
        placed = working.place(order_id, order)
        connection.placing.change_order(order_id, replace(order, quantity=QUANTITY, price=PRICE), timeout)
        listed = find(connection.orders.own_orders(timeout), placed, client.endpoint.client_id)
        ended = connection.placing.cancel_order(order_id, timeout)
    told = {"quantity": listed.quantity, "limit_price": listed.limit_price, "statuses": list(ended.statuses)}
    return {**told, "confirmed": "yes" if ended.confirmed else "no"}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return what the order was changed to, and its statuses: it does not begin anew."""
    statuses: tuple[str, ...] = tuple(truth.placing["statuses"])
    return {**wanted(truth.accounts, {}), "statuses": (*statuses, str(truth.placing["cancelled"]["status"]))}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Expected]:
    """Require the order as it was changed: no gateway that took the change may report it differently."""
    return {"quantity": Decimal(QUANTITY), "limit_price": PRICE, "confirmed": "yes"}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the order as it was listed, and whether the gateway confirmed the cancellation."""
    ids = {request["order_id"] for request in said.requests("cancel_order")}
    rows = [row for answer in said.answers("req_open_orders") for row in answer.rows.get("open_order", ())]
    own = [row for row in rows if row["order_id"] in ids]
    if not own:
        raise NotHeardError("the gateway did not list the order")
    confirmed = any(row["code"] == CANCELLED and row["req_id"] in ids for row in said.during("error"))
    return {
        "quantity": decimal(own[-1], "total_quantity"),
        "limit_price": number(own[-1], "limit_price"),
        "confirmed": "yes" if confirmed else "no",
    }


CHECK = Check(
    name="modify_order",
    proves="a working order that is placed again under its id has the new quantity and the new limit",
    phase=Phase.ORDER,
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("statuses", "confirmed"),
    needs=NEEDS,
    requests=6,
)
