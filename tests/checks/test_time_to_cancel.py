"""Whichever step of a check of orders fails, its time is enough to cancel what may be working."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from adapters.base import Endpoint, RequestTimeoutError
from adapters.records import OpenOrder
from adapters.records_orders import OrderFilled, OrderSeen, StatusTold
from harness.checks.all import CHECKS
from harness.checks.check import Check, CheckFailedError, Client, Phase
from harness.checks.resources import Resources

PLACING = [check for check in CHECKS if check.phase in {Phase.ORDER, Phase.ORDER_AND_CONNECTION}]

STEPS = 20
"""More than any check has."""


class Slow:
    """A connection and its library, each wait of which takes all its time; one of them fails, and those that follow."""

    def __init__(self, fails: int) -> None:
        self.waits = 0
        self.accounts, self.next_order_id, self.callbacks = ("DU9000001",), 101, ()
        self.system = self.orders = self.placing = self
        self._fails, self._ids = fails, count(101)

    def _wait(self) -> None:
        self.waits += 1
        if self.waits >= self._fails:
            raise RequestTimeoutError("no answer")

    def connect(self, *_: Any, **__: Any) -> Slow:
        self.next_order_id = 1000
        self._ids = count(1000)
        return self

    def leave(self, _timeout: float) -> None:
        self._wait()

    def close(self, _timeout: float) -> None:
        return

    def current_time(self, _timeout: float) -> None:
        self._wait()

    def new_order_id(self) -> int:
        return next(self._ids)

    def send_order(self, *_: Any) -> None:
        return

    def known_orders(self) -> list[OpenOrder]:
        return []

    def open_orders(self, _timeout: float) -> list[OpenOrder]:
        self._wait()
        own = OpenOrder(101, 1, 7, "DU9000001", "AAPL", "STK", "BUY", "LMT", "1", 1.0, "Submitted")
        return [own]

    own_orders = open_orders

    def place_order(self, order_id: int, *_: Any) -> OrderSeen:
        return self._seen(order_id)

    order_taken = order_ended = cancel_order = change_order = place_order

    def _seen(self, order_id: int) -> OrderSeen:
        self._wait()
        return OrderSeen(order_id, 1, ("Submitted", "Cancelled"), confirmed=True)

    def order_filled(self, order_id: int, _timeout: float) -> OrderFilled:
        self._wait()
        return OrderFilled(order_id, (), StatusTold("Filled", 1, "1", "0", 1.0, None, ""), ())


def _ask(check: Check, slow: Any) -> None:
    assert check.ask is not None
    nothing = Resources(frozenset(), frozenset(), loop=False)
    check.ask(
        Client(
            adapter=slow,
            endpoint=Endpoint("127.0.0.1", 1, 7),
            second_client_id=8,
            turn=0,
            simulated=True,
            connect_timeout=0.0,
            request_timeout=1.0,
            before=nothing,
            callbacks=(),
            problems=[],
            opened=slow,
        )
    )


@pytest.mark.parametrize("check", PLACING, ids=lambda check: check.name)
def test_there_is_time_to_cancel(check: Check) -> None:
    ordinary = Slow(fails=STEPS)
    _ask(check, ordinary)
    longest = ordinary.waits
    for fails in range(1, ordinary.waits + 1):
        slow = Slow(fails)
        with pytest.raises((CheckFailedError, RequestTimeoutError)):
            _ask(check, slow)
        longest = max(longest, slow.waits)
    assert longest <= check.requests
