"""Profit and loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cell.check import EVERYTHING, Check, Client
from harness.cell.expected import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to the first account's profit and loss until it came once."""
    return dict(vars(client.connection.pnl(client.request_timeout)))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Give profit and loss of the account."""
    return {name: number(truth.pnl, name) for name in ("daily", "unrealized", "realized")}


CHECK = Check(
    name="pnl",
    asks="req_pnl",
    proves="an account's profit and loss comes in, and the subscription to it ends",
    ask=ask,
    expected=expected,
    varies=(EVERYTHING,),
)
