"""Keeps the orders of all clients of a gateway, whether their clients are connected or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from harness.gateways.simulator.trading.order import Order

if TYPE_CHECKING:
    from harness.gateways.simulator.truth import Truth

BETWEEN_CLIENTS = 1000
"""Permanent ids follow client and order id, so that they are the same in each run; real ones are consecutive."""

_LARGEST_ID = 2**31 - 1
"""The largest that the message of the next valid id has room for. What a real Gateway says after it is not known."""


class Book:
    """Orders by permanent id; order ids are each client's own.

    Args:
        truth: has the orders that work from the start, the first permanent id, and the first order id.
    """

    def __init__(self, truth: Truth) -> None:
        self._first_perm_id: int = truth.placing["first_perm_id"]
        self._first_order_id = truth.next_order_id
        self._orders: dict[int, Order] = {}
        self._live: dict[int, Order] = {}
        self._ids: dict[tuple[int, int], Order] = {}
        self.without_contract: set[tuple[int, int]] = set()
        """Client and order ids whose contract nobody knew; the API holds them until they are cancelled (captured)."""
        self.highest: dict[int, int] = {}
        """The highest order id that a client has used."""
        self.changed: Callable[[], None] = lambda: None
        """Called whenever something of the orders has changed, or is about to."""
        for row in truth.open_orders:
            perm_id = int(str(row["perm_id"]))
            status = str(row["status"])
            order = Order(values=dict(row), contract=row, perm_id=perm_id, transmitted=True, status=status)
            order.is_truth = order.is_built_in = True
            self.keep(order)

    def highest_id(self, client_id: int) -> int:
        """Return the highest order id that a client has used, refused orders and previews included (captured)."""
        before = self._first_order_id - 1  # -1 of a gateway whose ids are wrong, and begin with 0
        return max(self.highest.get(client_id, before), before)

    def next_id(self, client_id: int) -> int:
        """Return a client's next valid id; it lasts beyond the connection (captured)."""
        return min(self.highest_id(client_id) + 1, _LARGEST_ID)

    def use(self, client_id: int, order_id: int) -> None:
        """Take note that a client has used an id."""
        self.changed()
        self.highest[client_id] = max(self.highest.get(client_id, 0), order_id)

    def go_back(self, count: int) -> None:
        """Forget the newest ids of each client, and the orders that work under them: they never left (captured)."""
        self.changed()
        for client_id, highest in self.highest.items():
            first = max(self._first_order_id, highest - count + 1)
            self.highest[client_id] = first - 1
            for order_id in range(first, highest + 1):
                order = self._ids.pop((client_id, order_id), None)
                if order is not None and not order.ended:
                    del self._orders[order.perm_id], self._live[order.perm_id]

    def new_perm_id(self, client_id: int, order_id: int) -> int:
        """Return a permanent id that is free."""
        perm_id = self._first_perm_id + BETWEEN_CLIENTS * client_id + order_id
        while perm_id in self._orders:
            perm_id += 1
        return perm_id

    def keep(self, order: Order) -> None:
        """Take a new order."""
        self.use(order.client_id, order.order_id)
        self.changed()
        self._orders[order.perm_id] = self._live[order.perm_id] = order
        self._ids[order.client_id, order.order_id] = order

    def forget(self, order: Order) -> None:
        """Have an order no longer, as if it had never been placed; its id stays used."""
        self.changed()
        del self._orders[order.perm_id], self._ids[order.client_id, order.order_id]
        self._live.pop(order.perm_id, None)

    def restore(self, orders: Iterable[Order], highest: Mapping[int, int]) -> None:
        """Have these orders and highest ids, and no others."""
        for kept in (self._orders, self._live, self._ids, self.highest):
            kept.clear()
        for order in orders:
            self.keep(order)
        self.highest |= highest

    def find(self, client_id: int, order_id: int) -> Order | None:
        """Return a client's order, whether it works or not."""
        return self._ids.get((client_id, order_id))

    def working(self, client_id: int | None = None) -> list[Order]:
        """Return the orders that work, of one client or of all, in the order of their placing."""
        return [order for order in self.live(client_id) if order.transmitted]

    def live(self, client_id: int | None) -> list[Order]:
        """Return the orders that have not ended, those that were not transmitted included."""
        self._live = {perm_id: order for perm_id, order in self._live.items() if not order.ended}
        return [order for order in self._live.values() if client_id in {None, order.client_id}]

    def of(self, client_id: int | None) -> Iterable[Order]:
        """Return the orders of one client, or of all with ``None``."""
        return (order for order in self._orders.values() if client_id in {None, order.client_id})
