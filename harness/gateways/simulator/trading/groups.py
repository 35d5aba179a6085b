"""Knows which orders belong together: a parent and its children, and one-cancels-all groups."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from harness.gateways.simulator.trading.book import Book
from harness.gateways.simulator.trading.order import FILLED, Order

CANCEL_ALL, REDUCE_BLOCK, REDUCE = 1, 2, 3
"""Types of an OCA group: a fill in part cancels the others, or makes them smaller by as much (documented)."""


def parent(order: Order, book: Book) -> Order | None:
    """Return an order's parent."""
    return book.find(order.client_id, order.parent_id) if order.parent_id else None


def children(order: Order, book: Book) -> list[Order]:
    """Return the orders that an order is the parent of, and that have not ended."""
    mine = book.live(order.client_id)
    return [other for other in mine if other.parent_id == order.order_id and other is not order]


def family(order: Order, book: Book) -> list[Order]:
    """Return what is transmitted with an order: its parent, then the parent's other children (captured)."""
    above = parent(order, book)
    if above is None:
        return [order]
    return [above, *sorted(children(above, book), key=lambda other: other.order_id)]


def is_held_by_parent(order: Order, book: Book) -> bool:
    """Return whether it waits until its parent is filled."""
    above = parent(order, book)
    return above is not None and above.status != FILLED


def others(order: Order, book: Book) -> list[Order]:
    """Return the working orders of the same OCA group, of the same client and account."""
    if not order.oca_group:
        return []
    mine = book.working(order.client_id)
    same = (other for other in mine if (other.oca_group, other.account) == (order.oca_group, order.account))
    return [other for other in same if other is not order]


def oca_type(order: Order) -> int:
    """Return how its group behaves; 3 if it does not say (captured)."""
    return int(str(order.values.get("oca_type") or REDUCE))


def reduce(other: Order, part: Decimal) -> None:
    """Make an order smaller by a part of what remains of it; at least nothing remains."""
    whole = other.remaining == other.remaining.to_integral_value()
    less = other.remaining * part
    if whole:
        less = less.to_integral_value(ROUND_HALF_UP)
    other.values["total_quantity"] = f"{(other.total - less).normalize():f}"
