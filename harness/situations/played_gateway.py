"""Lets a situation do something to its simulated gateway, which lives in the process of the host.

One JSON line asks, the next line on standard input answers. Nothing else comes in there.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class HarnessError(Exception):
    """Something of ours did not work, so the situation says nothing about the library."""


class PlayedGateway:
    """The gateway as a situation has it; its methods are those of the pytest plugin's ``ib_gateway``.

    Args:
        host: its address.
        port: its port.
        say: writes a line to the host.
    """

    def __init__(self, host: str, port: int, say: Callable[..., None]) -> None:
        self.host = host
        self.port = port
        self._say = say

    def step(self, seconds: float = 0) -> None:
        """Let time pass by its clock; all that was due meanwhile is sent."""
        self._do("step", seconds=seconds)

    def fill(self, order_id: int, shares: float | None = None, price: float | None = None) -> None:
        """Fill an order, or a part of it."""
        self._do("fill", order_id=order_id, shares=shares, price=price)

    def reject(
        self, order_id: int, code: int = 201, text: str = "Order rejected - reason:Rejected by the test"
    ) -> None:
        """End an order as ``Inactive``."""
        self._do("reject", order_id=order_id, code=code, text=text)

    def cancel(self, order_id: int) -> None:
        """End an order as its exchange may."""
        self._do("cancel", order_id=order_id)

    def drop(self) -> None:
        """Break all connections."""
        self._do("drop")

    def down(self) -> None:
        """End all connections, and refuse from now on."""
        self._do("down")

    def up(self) -> None:
        """Serve again."""
        self._do("up")

    def say(self, code: int, text: str) -> None:
        """Tell all clients a notice."""
        self._do("say", code=code, text=text)

    def set_price(self, contract: str, bid: float, ask: float, size: float = 100) -> None:
        """Set the quote of a contract."""
        self._do("set_price", contract=contract, bid=bid, ask=ask, size=size)

    def orders(self) -> list[dict[str, Any]]:
        """Return all orders that were placed, as they are now: id, action, quantity, type, limit, status and so on."""
        orders: list[dict[str, Any]] = self._do("orders")
        return orders

    def _do(self, action: str, **arguments: Any) -> Any:
        self._say("gateway", do=action, arguments=arguments)
        line = sys.stdin.readline()
        if not line:
            raise HarnessError("the host is gone")
        answer = json.loads(line)
        if "error" in answer:
            raise HarnessError(f"the gateway could not {action}: {answer['error']}")
        return answer["value"]
