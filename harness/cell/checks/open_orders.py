"""Working orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cell.check import Check, Client, plain
from harness.cell.expected import decimal, number, records, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected, Records
    from harness.simulator.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Ask the working orders."""
    return {"records": plain(client.connection.open_orders(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Give what the truth says."""
    return {"records": records(("perm_id",), map(_open_order, truth.open_orders))}


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
)
