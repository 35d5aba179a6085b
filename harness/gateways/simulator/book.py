"""The orders that one client has placed; nobody else sees them, and they end with the connection."""

from __future__ import annotations

from harness.gateways.simulator.truth import Values


class Book:
    """One client's orders by order id, each with the values of its open order message."""

    def __init__(self) -> None:
        self._orders: dict[int, Values] = {}
        self._ended: set[int] = set()
        self._highest_id = 0

    @property
    def highest_id(self) -> int:
        """The highest order id that was used; 0 where none was."""
        return self._highest_id

    def use(self, order_id: int) -> None:
        """Take note that an id was used, be it only to ask what an order would do."""
        self._highest_id = max(self._highest_id, order_id)

    def keep(self, order: Values) -> None:
        """Take a new order, or a new state of one."""
        order_id = int(str(order["order_id"]))
        self.use(order_id)
        self._orders[order_id] = order

    def end(self, order: Values) -> None:
        """Take the last state of an order: it works no longer."""
        self.keep(order)
        self._ended.add(int(str(order["order_id"])))

    def find(self, order_id: int) -> Values | None:
        """Return an order, whether it works or not."""
        return self._orders.get(order_id)

    def has_ended(self, order_id: int) -> bool:
        """Tell whether an order was placed and works no longer."""
        return order_id in self._ended

    def working(self) -> list[Values]:
        """Return the orders that work, in the order of their placing."""
        return [order for order_id, order in self._orders.items() if order_id not in self._ended]
