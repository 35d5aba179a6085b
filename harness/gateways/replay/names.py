"""Says what a client calls things that the client of the recording called otherwise."""

from __future__ import annotations

from typing import NamedTuple


class OrderIds:
    """The order ids of a client, by the client id and the order id that were recorded."""

    __slots__ = ("_own", "as_recorded")

    def __init__(self) -> None:
        self._own: dict[tuple[int | None, int], int] = {}
        self.as_recorded = True
        """Whether all are those that were recorded."""

    def add(self, recorded: tuple[int | None, int], own: int) -> None:
        """Note what it calls an order."""
        self._own[recorded] = own
        self.as_recorded &= own == recorded[1]

    def of(self, recorded: tuple[int | None, int]) -> int:
        """Return what it calls an order; one that it has not made is called as it was."""
        return self._own.get(recorded, recorded[1])

    def clear(self) -> None:
        """Forget them."""
        self._own.clear()
        self.as_recorded = True


class Names(NamedTuple):
    """What a client calls things; a tuple, because each request has its own.

    Args:
        number: the number of its request; ``None`` if that has none.
        client_id: its client id.
        orders: its order ids.
    """

    number: int | None
    client_id: int
    orders: OrderIds
