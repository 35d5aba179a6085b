"""Checks account updates: the values and holdings of one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, plain
from harness.checks.expected import account_values, decimal, number, records, text, whole
from harness.checks.heard import account_value, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to the first account: values and holdings."""
    answer = client.connection.account.account_updates(client.request_timeout)
    return {"records": plain(answer.values), "portfolio": plain(answer.portfolio)}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return all true values of the first account, and what its holdings are worth."""
    holdings = [row for row in truth.portfolio if row["account"] == truth.accounts[0]]
    return {
        "records": account_values(truth, truth.accounts[:1]),
        "portfolio": records(("account", "con_id"), map(_portfolio_item, holdings)),
    }


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the values and holdings that the gateway sent."""
    answers = [answer for answer in said.answers("req_account_updates") if answer.request["subscribe"]]
    return {
        "records": told(("account", "tag", "currency"), answers, "account_value", account_value),
        "portfolio": told(("account", "con_id"), answers, "portfolio_value", _portfolio_item),
    }


def _portfolio_item(row: Values) -> Mapping[str, Expected]:
    return {
        "account": text(row, "account"),
        "con_id": whole(row, "con_id"),
        "symbol": text(row, "symbol"),
        "sec_type": text(row, "sec_type"),
        "currency": text(row, "currency"),
        "quantity": decimal(row, "position"),
        "market_price": number(row, "market_price"),
        "market_value": number(row, "market_value"),
        "average_cost": number(row, "average_cost"),
        "unrealized_pnl": number(row, "unrealized_pnl"),
        "realized_pnl": number(row, "realized_pnl") or 0.0,
    }


CHECK = Check(
    name="account_updates",
    asks="req_account_updates",
    proves="all values and holdings of an account arrive",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=("value", "market_price", "market_value", "unrealized_pnl", "realized_pnl"),
)
