"""Fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cell.check import Check, Client, plain
from harness.cell.expected import decimal, instant, number, records, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected, Records
    from harness.simulator.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Ask the fills and their commissions."""
    return {"records": plain(client.connection.executions(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Give what the truth says."""
    return {"records": records(("exec_id",), map(_execution, truth.executions, truth.commissions))}


def _execution(row: Values, commission: Values) -> Mapping[str, Expected]:
    return {
        "exec_id": text(row, "exec_id"),
        "order_id": whole(row, "order_id"),
        "perm_id": whole(row, "perm_id"),
        "client_id": whole(row, "client_id"),
        "account": text(row, "account"),
        "symbol": text(row, "symbol"),
        "sec_type": text(row, "sec_type"),
        "side": text(row, "side"),
        "shares": decimal(row, "shares"),
        "price": number(row, "price"),
        "time": instant(text(row, "time")),
        "commission": number(commission, "commission"),
        "commission_currency": text(commission, "currency"),
    }


CHECK = Check(
    name="executions",
    asks="req_executions",
    proves="fills are decoded, and their commissions joined to them",
    ask=ask,
    expected=expected,
    times=("time",),
)
