"""Checks completed orders: those that were filled or cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, plain
from harness.checks.expected import POSITIVE, Every, decimal, number, records, text, whole
from harness.checks.heard import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Ask the orders that work no longer."""
    return {"records": plain(client.connection.orders.completed_orders(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the truth."""
    return {"records": records(("perm_id",), map(_completed_order, truth.completed_orders))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the orders that the gateway sent."""
    answers = said.answers("req_completed_orders")
    return {"records": told(("perm_id",), answers, "completed_order", _completed_order)}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Every]:
    """Require that every order has a number that IBKR assigned."""
    return {"records": Every(("perm_id",), {"perm_id": POSITIVE})}


def _completed_order(row: Values) -> Mapping[str, Expected]:
    return {
        "perm_id": whole(row, "perm_id"),
        "account": text(row, "account"),
        "symbol": text(row, "symbol"),
        "sec_type": text(row, "sec_type"),
        "action": text(row, "action"),
        "order_type": text(row, "order_type"),
        "quantity": decimal(row, "total_quantity"),
        "filled": decimal(row, "filled_quantity"),
        "limit_price": number(row, "limit_price"),
        "status": text(row, "status"),
        "completed_time": text(row, "completed_time"),
        "completed_status": text(row, "completed_status"),
    }


CHECK = Check(
    name="completed_orders",
    asks="req_completed_orders",
    proves="completed orders are decoded",
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
)
