"""The life of an order: placed, seen, cancelled; on paper accounts only.

It buys one share for 1.00, far from the market, good for the day, so that nothing is filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK, LimitOrder
from harness.cell.check import Check, CheckFailedError, Client, Phase, only_on_paper
from harness.cell.expected import decimal
from harness.cell.outcome import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.base import Connection
    from adapters.records import OpenOrder
    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth

TOLD = ("symbol", "action", "order_type", "quantity", "limit_price", "account", "status")
"""What the open orders should tell of it."""


def ask(client: Client) -> dict[str, Any]:
    """Place an order, find it among the open orders, cancel it; whatever goes wrong, it is cancelled."""
    connection, timeout = only_on_paper(client), client.request_timeout
    order = LimitOrder(LIQUID_STOCK, connection.accounts[0], "BUY", 1, 1.0)
    placed = connection.place_order(order, timeout)
    try:
        seen = _find(connection.open_orders(timeout), placed.order_id, client.endpoint.client_id)
    except Exception as error:
        raise CheckFailedError(f"{describe(error)}; {_ended(connection, placed.order_id, timeout)}") from error
    ended = _ended(connection, placed.order_id, timeout)
    if seen is None:
        raise CheckFailedError(f"order {placed.order_id} is not among the open orders; {ended}")
    return {**{name: vars(seen)[name] for name in TOLD}, "ended": ended}


def _find(orders: list[OpenOrder], order_id: int, client_id: int) -> OpenOrder | None:
    return next((each for each in orders if (each.order_id, each.client_id) == (order_id, client_id)), None)


def _ended(connection: Connection, order_id: int, timeout: float) -> str:
    try:
        return connection.cancel_order(order_id, timeout)
    except Exception as error:
        reason = f"order {order_id} MAY STILL BE WORKING: it could not be cancelled: {describe(error)}"
        raise CheckFailedError(reason) from error


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Give the order as it was placed, and its end."""
    return {
        "symbol": LIQUID_STOCK.symbol,
        "action": "BUY",
        "order_type": "LMT",
        "quantity": decimal({"quantity": "1"}, "quantity"),
        "limit_price": 1.0,
        "account": truth.accounts[0],
        "status": "Submitted",
        "ended": "Cancelled",
    }


CHECK = Check(
    name="limit_order",
    proves="an order is placed, seen among the open orders, and cancelled",
    phase=Phase.ORDER,
    ask=ask,
    expected=expected,
    varies=("status",),
    needs="orders = true, and paper accounts only (DU… or DF…)",
    requests=3,
)
