"""Checks open orders: those that still work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, plain
from harness.checks.expected import decimal, number, records, text, whole
from harness.checks.heard import Answer, any_of, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Ask the working orders."""
    return {"records": plain(client.connection.orders.open_orders(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the truth."""
    return {"records": records(("perm_id",), map(_open_order, truth.open_orders))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the orders that the gateway sent; a status may come with the order or alone."""
    statuses = [*said.session("order_status"), *(row for row in said.session("open_order") if not row["what_if"])]

    def order(row: Values) -> Mapping[str, Expected]:
        own = (text(each, "status") for each in statuses if each["perm_id"] == row["perm_id"])
        return {**_open_order(row), "status": any_of(own)}

    return {"records": told(("perm_id",), map(_worked, said.answers("req_all_open_orders")), "open_order", order)}


def _worked(answer: Answer) -> Answer:
    """Leave out what-if previews, which the gateway sends in the same message as orders."""
    rows, beside = (
        {"open_order": [row for row in some.get("open_order", ()) if not row["what_if"]]}
        for some in (answer.rows, answer.beside)
    )
    return Answer(answer.request, rows, beside)


def _open_order(row: Values) -> Mapping[str, Expected]:
    return {
        "order_id": whole(row, "order_id"),
        "perm_id": whole(row, "perm_id"),
        "client_id": whole(row, "client_id"),
        "account": text(row, "account"),
        "symbol": text(row, "symbol"),
        "sec_type": text(row, "sec_type"),
        "action": text(row, "action"),
        "order_type": text(row, "order_type"),
        "quantity": decimal(row, "total_quantity"),
        "limit_price": number(row, "limit_price"),
        "status": text(row, "status"),
    }


CHECK = Check(
    name="open_orders",
    asks="req_all_open_orders",
    proves="working orders of all clients are decoded",
    ask=ask,
    expected=expected,
    heard=heard,
)
