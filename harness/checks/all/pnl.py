"""Checks the profit and loss of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import EVERYTHING, Check, Client
from harness.checks.expected import number
from harness.checks.heard import any_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to the first account's profit and loss until it came once."""
    return dict(vars(client.connection.account.pnl(client.request_timeout)))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the account's true profit and loss."""
    return {name: number(truth.pnl, name) for name in ("daily", "unrealized", "realized")}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return what the gateway sent; it may have sent several values before the library was read."""
    answer = said.answers("req_pnl")[0]
    rows = [answer.only("pnl"), *answer.beside.get("pnl", ())]
    names = ("daily", "unrealized", "realized")
    return {name: any_of(number(row, f"{name}_pnl") for row in rows) for name in names}


CHECK = Check(
    name="pnl",
    asks="req_pnl",
    proves="an account's profit and loss arrives, and the subscription ends",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
)
