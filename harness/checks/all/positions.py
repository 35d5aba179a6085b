"""Checks positions: the holdings of all accounts."""

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
    """Ask the holdings."""
    return {"records": plain(client.connection.account.positions(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the truth."""
    return {"records": records(("account", "con_id"), map(_position, truth.positions))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the holdings that the gateway sent."""
    return {"records": told(("account", "con_id"), said.answers("req_positions"), "position", _position)}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Every]:
    """Require that every holding is of a contract with a number that IBKR assigned."""
    return {"records": Every(("account", "con_id"), {"con_id": POSITIVE})}


def _position(row: Values) -> Mapping[str, Expected]:
    return {
        "account": text(row, "account"),
        "con_id": whole(row, "con_id"),
        "symbol": text(row, "symbol"),
        "sec_type": text(row, "sec_type"),
        "expiry": text(row, "last_trade_date"),
        "strike": number(row, "strike"),
        "right": text(row, "right"),
        "multiplier": decimal(row, "multiplier"),
        "currency": text(row, "currency"),
        "quantity": decimal(row, "position"),
        "average_cost": number(row, "average_cost"),
    }


CHECK = Check(
    name="positions",
    asks="req_positions",
    proves="holdings are decoded, and the subscription ends",
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
)
