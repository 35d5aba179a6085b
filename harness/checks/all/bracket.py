"""Checks a bracket: an order with a take profit and a stop loss, which are taken and end together.

The orders are far from the market, on paper accounts only; they are cancelled whatever fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks import brackets
from harness.checks.brackets import LOSS, PARENT, PROFIT, Prices
from harness.checks.check import Check, Client, Phase
from harness.checks.expected import Every
from harness.checks.order import FAR_ABOVE, FAR_BELOW, NEEDS, cancelled_whatever_fails

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Records, Shape
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

PRICES = Prices(parent=FAR_BELOW, profit=FAR_ABOVE, loss=FAR_BELOW / 2)


def ask(client: Client) -> dict[str, Any]:
    """Place a bracket, cancel the parent, and wait until all three have ended."""
    connection, timeout = client.connection, client.request_timeout
    connection.system.current_time(timeout)  # what fails here has sent no order
    with cancelled_whatever_fails(client) as working:
        bracket = brackets.place(connection, working, PRICES)
        ended = [connection.placing.cancel_order(bracket.parent, timeout)]
        working.ended(bracket.parent)
        ended += [connection.placing.order_ended(child, timeout) for child in (bracket.profit, bracket.loss)]
    return {"orders": brackets.told(bracket, ended)}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return that the children are held, and end with their parent."""
    statuses, end = truth.placing["statuses"], str(truth.placing["cancelled"]["status"])
    parent = brackets.row(PARENT, (*statuses, end), ())
    profit = brackets.row(PROFIT, (statuses[0], end), ("child",))
    return {"orders": brackets.rows([parent, profit, brackets.row(LOSS, (statuses[0], end), ("child,trigger",))])}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return what the gateway sent of the orders."""
    return {"orders": brackets.heard(said)}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Shape:
    """Require that each order is cancelled with the parent."""
    return {"orders": Every(("role",), {"confirmed": "yes"})}


CHECK = Check(
    name="bracket",
    proves="a bracket is placed with its last order, its children wait for the parent, and are cancelled with it",
    phase=Phase.ORDER,
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("orders",),
    needs=NEEDS,
    requests=9,
)
