"""Finds the orders that clients have placed at a simulated gateway; used in its thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.trading.matching import price_of
from harness.gateways.simulator.trading.order import Order as Placed
from harness.pytest_plugin.orders import Order, shown


class PlacedOrders:
    """The orders of a gateway; those that its built-in truth has from the start are none.

    Args:
        gateway: has them.
    """

    def __init__(self, gateway: SimulatedGateway) -> None:
        self._gateway = gateway

    def __iter__(self) -> Iterator[Placed]:
        return (placed for placed in self._gateway.desk.book.of(None) if not placed.is_built_in)

    def find(self, order: Order) -> Placed:
        """Return what stands behind a record.

        Raises:
            ValueError: it is an order of another gateway.
        """
        placed = next((each for each in self if each.perm_id == order.perm_id), None)
        if placed is None:
            raise ValueError(f"{order}: this gateway has no such order")
        return placed

    def working(self, order: Order) -> Placed:
        """Return what stands behind a record, if something can still be done to it.

        Raises:
            ValueError: it has ended, or was not transmitted.
        """
        placed = self.find(order)
        if not placed.works:
            raise ValueError(f"{shown(placed)} does not work" + (" any more" if placed.transmitted else " yet"))
        return placed

    def fill_price(self, placed: Placed) -> float:
        """Return what an order is filled at where nobody says it: its limit, where it is pegged, or the other side.

        Raises:
            ValueError: there is neither.
        """
        limit = shown(placed).limit if placed.pegged is None else placed.pegged
        if limit is not None:
            return limit
        quote = self._gateway.desk.quote(placed.contract)
        price = None if quote is None else price_of(quote, "ask" if placed.buys else "bid")
        if price is None:
            raise ValueError(f"{shown(placed)}: it has no limit, and nothing is quoted: give a price")
        return price

    def in_words(self) -> str:
        """Return what came and who is connected, for messages."""
        came = "; ".join(str(shown(placed)) for placed in self)
        return f"came: {came or 'no order at all'}; connected: {numbers(self._gateway.clients)}"


def numbers(client_ids: Iterable[int]) -> str:
    """Return client ids in words."""
    return ", ".join(map(str, sorted(client_ids))) or "no client"
