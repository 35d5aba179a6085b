"""Checks a reconnect: a program that restarts uses the client id that it has just released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.all.ready import heard
from harness.checks.check import Check, Client, Phase
from harness.checks.expected import POSITIVE
from harness.checks.second_connect import connect_again

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """End the connection and make another at once, as a restarting program does."""
    again = connect_again(client)
    return {"accounts": list(again.accounts), "next_order_id": again.next_order_id}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the accounts; the next id follows those of the orders that the cell has sent."""
    return {"accounts": truth.accounts, "next_order_id": POSITIVE}


CHECK = Check(
    name="reconnect",
    proves="right after disconnecting, the same client id can connect again and becomes ready",
    phase=Phase.CONNECTION,
    ask=ask,
    expected=expected,
    heard=heard,
    varies=("next_order_id",),
    connects=1,
)
