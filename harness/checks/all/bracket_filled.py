"""Checks a bracket whose parent is filled: the children begin to work, and when one ends, so does the other.

The parent is bought at the market, so only a simulated gateway is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.records_orders import FILLED
from harness.checks import brackets
from harness.checks.brackets import LOSS, PARENT, PROFIT, Prices
from harness.checks.check import Check, Client, Phase
from harness.checks.order import FAR_ABOVE, FAR_BELOW, NEEDS, cancelled_whatever_fails

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

PRICES = Prices(parent=FAR_ABOVE, profit=2 * FAR_ABOVE, loss=FAR_BELOW)


def ask(client: Client) -> dict[str, Any]:
    """Place a bracket, wait until the parent is filled, and cancel the take profit."""
    connection, timeout = client.connection, client.request_timeout
    connection.system.current_time(timeout)  # what fails here has sent no order
    with cancelled_whatever_fails(client) as working:
        bracket = brackets.place(connection, working, PRICES)
        connection.placing.order_filled(bracket.parent, timeout)
        working.ended(bracket.parent)
        profit = connection.placing.cancel_order(bracket.profit, timeout)
        working.ended(bracket.profit)
        loss = connection.placing.order_ended(bracket.loss, timeout)
        parent = connection.placing.order_taken(bracket.parent, timeout)
    return {"orders": brackets.told(bracket, [parent, profit, loss])}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return that the take profit works once the parent is filled, and takes the stop loss with it."""
    statuses, end = truth.placing["statuses"], str(truth.placing["cancelled"]["status"])
    parent = brackets.row(PARENT, (*statuses, FILLED), (), confirmed=False)
    profit = brackets.row(PROFIT, (*statuses, end), ("child",))
    loss = brackets.row(LOSS, (statuses[0], end), ("child,trigger", "trigger"))
    return {"orders": brackets.rows([parent, profit, loss])}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return what the gateway sent of the orders."""
    return {"orders": brackets.heard(said)}


CHECK = Check(
    name="bracket_filled",
    proves="the children of a bracket begin to work when the parent is filled, and one ends with the other",
    phase=Phase.ORDER,
    ask=ask,
    expected=expected,
    heard=heard,
    only_simulated=True,
    needs=NEEDS,
    requests=9,
)
