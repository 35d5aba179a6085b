"""Checks executions: the fills of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, plain
from harness.checks.expected import POSITIVE, Every, decimal, instant, number, records, text, whole
from harness.checks.heard import any_of, moment, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Ask the fills and their commissions."""
    return {"records": plain(client.connection.orders.executions(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the truth."""
    rows = zip(truth.executions, truth.commissions, strict=True)
    made = (_execution(row, report, instant(text(row, "time"))) for row, report in rows)
    return {"records": records(("exec_id",), made)}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the fills that the gateway sent, each with its commission from any of the reports.

    A report that did not come with the answer may be read, and need not be.
    """
    answers, reports = said.answers("req_executions"), said.session("commission_report")
    with_it = {text(row, "exec_id") for answer in answers for row in answer.rows.get("commission_report", ())}

    def execution(row: Values) -> Mapping[str, Expected]:
        own = [report for report in reports if text(report, "exec_id") == text(row, "exec_id")]
        missed: list[Values] = [] if text(row, "exec_id") in with_it else [{}]
        made = [_execution(row, report, moment(text(row, "time"))) for report in [*own, *missed]]
        return {name: any_of(each[name] for each in made) for name in made[0]}

    return {"records": told(("exec_id",), answers, "execution_details", execution)}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Every]:
    """Require that every fill belongs to an order with a number that IBKR assigned."""
    return {"records": Every(("exec_id",), {"perm_id": POSITIVE})}


def _execution(row: Values, commission: Values, time: Expected) -> Mapping[str, Expected]:
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
        "time": time,
        "commission": number(commission, "commission"),
        "commission_currency": text(commission, "currency"),
    }


CHECK = Check(
    name="executions",
    asks="req_executions",
    proves="fills are decoded, with their commissions",
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    times=("time",),
)
