"""A library, its connection and a gateway in one: what checks of orders are asked of where their steps are to fail."""

from __future__ import annotations

from itertools import count
from typing import Any

from adapters.base import Endpoint
from adapters.records import OpenOrder
from adapters.records_orders import OrderFilled, OrderSeen, StatusTold
from harness.checks.all import CHECKS
from harness.checks.check import Check, Client, Phase
from harness.checks.resources import Resources

PLACING = [check for check in CHECKS if check.phase in {Phase.ORDER, Phase.ORDER_AND_CONNECTION}]
"""The checks whose orders may work."""

CONNECT_TIMEOUT = 100.0
"""In seconds of a clock that is played, too."""


class Played:
    """Answers as it should; a test overrides what is to fail."""

    def __init__(self) -> None:
        self.accounts, self.next_order_id, self.callbacks = ("DU9000001",), 101, ()
        self.system = self.orders = self.placing = self
        self.sent: list[int] = []
        """The ids of the orders that were placed or changed, in turn."""
        self.ended: set[int] = set()
        self._ids = count(101)

    def wait(self) -> None:
        """Be waited for."""

    def connect(self, *_: Any, **__: Any) -> Played:
        self.next_order_id = 1000
        self._ids = count(1000)
        return self

    def managed_accounts(self) -> tuple[str, ...]:
        return self.accounts

    def leave(self, _timeout: float) -> None:
        self.wait()

    def close(self, _timeout: float) -> None:
        return

    def current_time(self, _timeout: float) -> None:
        self.wait()

    def new_order_id(self) -> int:
        return next(self._ids)

    def send_order(self, order_id: int, *_: Any) -> None:
        self.sent.append(order_id)

    def known_orders(self) -> list[OpenOrder]:
        return []

    def open_orders(self, _timeout: float) -> list[OpenOrder]:
        self.wait()
        own = OpenOrder(101, 1, 7, "DU9000001", "AAPL", "STK", "BUY", "LMT", "1", 1.0, "Submitted")
        return [own]

    own_orders = open_orders

    def order_taken(self, order_id: int, *_: Any) -> OrderSeen:
        self.wait()
        return OrderSeen(order_id, 1, ("Submitted", "Cancelled"), confirmed=True)

    order_ended = order_taken

    def change_order(self, order_id: int, *_: Any) -> OrderSeen:
        self.send_order(order_id)
        return self.order_taken(order_id)

    def cancel_order(self, order_id: int, *_: Any) -> OrderSeen:
        self.ended.add(order_id)
        return self.order_taken(order_id)

    def order_filled(self, order_id: int, _timeout: float) -> OrderFilled:
        self.wait()
        self.ended.add(order_id)
        return OrderFilled(order_id, (), StatusTold("Filled", 1, "1", "0", 1.0, None, ""), ())


def ask(check: Check, played: Any) -> dict[str, Any]:
    """Ask one check."""
    assert check.ask is not None
    return check.ask(
        Client(
            adapter=played,
            endpoint=Endpoint("127.0.0.1", 1, 7),
            second_client_id=8,
            turn=0,
            simulated=True,
            connect_timeout=CONNECT_TIMEOUT,
            request_timeout=1.0,
            before=Resources(frozenset(), frozenset(), loop=False),
            callbacks=(),
            problems=[],
            opened=played,
        )
    )
