"""The working orders that one client has placed; nobody else sees them, and they end with the connection."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from harness.protocol.message import Message
from harness.simulator.truth import Values

CARRIED = (
    *("con_id", "symbol", "sec_type", "last_trade_date", "strike", "right", "multiplier", "exchange", "currency"),
    *("local_symbol", "trading_class", "action", "total_quantity", "order_type", "limit_price", "aux_price"),
    *("time_in_force", "account", "order_ref", "order_id", "parent_id", "outside_rth"),
)
"""What an open order repeats of the order as it was placed."""

FIRST_PERM_ID = 1_900_000_001


class Book:
    """One client's working orders, by order id."""

    def __init__(self) -> None:
        self._orders: dict[int, Values] = {}
        self._perm_ids = itertools.count(FIRST_PERM_ID)

    def take(self, request: Message, client_id: int) -> Values:
        """Keep an order that was placed, or a changed one; return it as an open order tells it."""
        order_id = request.number("order_id")
        known = self._orders.get(order_id)
        perm_id = known["perm_id"] if known else next(self._perm_ids)
        order = {**{name: request[name] for name in CARRIED}, "perm_id": perm_id, "client_id": client_id}
        self._orders[order_id] = order
        return order

    def drop(self, order_id: int) -> Values | None:
        """Forget an order, and return it; ``None`` where there is none of that id."""
        return self._orders.pop(order_id, None)

    def working(self) -> Iterator[Values]:
        """Yield the orders that work."""
        return iter([{**order, "status": "Submitted"} for order in self._orders.values()])
