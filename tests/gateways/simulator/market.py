"""A market that a test moves by hand, and what a client hears of orders in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.gateways.simulator.prices import StillPrices
from harness.gateways.simulator.truth import Values, load
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import Client

AAPL, ES, EURUSD = 265598, 495512563, 12087792
ACCOUNT = "DU9000001"

ORDER: Mapping[str, Value] = {
    "order_id": 101,
    "con_id": AAPL,
    "symbol": "AAPL",
    "sec_type": "STK",
    "exchange": "SMART",
    "currency": "USD",
    "action": "BUY",
    "total_quantity": "100",
    "order_type": "MKT",
    "time_in_force": "DAY",
    "account": ACCOUNT,
    "transmit": True,
}
"""Buys at the market."""

_TELLS = {"open_order": "status", "order_status": "status", "error": "code", "execution_details": "shares"}


EMPTY_BOOK = replace(load("paper"), open_orders=())
"""The truth without its own order, which fills once the market is low enough."""


class HandPrices(StillPrices):
    """Quotes by con id, which stand until a test sets others."""

    moves = True

    def __init__(self) -> None:
        super().__init__(load("paper"))
        self.by_con_id: dict[int, dict[str, Value]] = {}
        self.set(AAPL, 100.0, 100.0)

    def set(self, con_id: int, bid: float | None, ask: float | None, *, size: str = "1000", last: float = 0.0) -> None:
        """Set both sides; the last price is the bid, unless it is given."""
        self.by_con_id[con_id] = {
            **({} if bid is None else {"bid": bid, "bid_size": size}),
            **({} if ask is None else {"ask": ask, "ask_size": size}),
            "last": last or bid or ask or 0.0,
            "min_tick": "0.01",
        }

    def quote(self, contract: Values) -> Values | None:
        return self.by_con_id.get(int(str(contract["con_id"])))

    def trade(self, contract: Values) -> Values | None:
        del contract
        return None

    def bar(self, contract: Values, shown: str, begins: float, ends: float) -> Values | None:
        del contract, shown, begins, ends
        return None


def order(order_id: int = 101, **changes: Value) -> Message:
    """The request to place one; it buys at the market but for the changes."""
    return Message("place_order", {**ORDER, "order_id": order_id, **changes})


def limit(order_id: int = 101, price: float = 90.0, **changes: Value) -> Message:
    """The request to buy at a limit."""
    return Message("place_order", {**ORDER, "order_id": order_id, "order_type": "LMT", "limit_price": price, **changes})


def cancel(order_id: int = 101) -> Message:
    return Message("cancel_order", {"order_id": order_id})


def brief(message: Message) -> tuple[str, Any]:
    """The name, and what tells it from others."""
    return message.name, message.values.get(_TELLS.get(message.name, ""))


async def heard(client: Client, *requests: Message) -> list[Message]:
    """Send requests; return everything that has come when the next valid id, asked for last, has."""
    for request in requests:
        client.say(request)
    return (await client.ask(Message("req_ids"), end="next_valid_id"))[:-1]


async def told(client: Client, *requests: Message) -> list[tuple[str, Any]]:
    """The same in brief."""
    return [brief(message) for message in await heard(client, *requests)]


def pair(status: str) -> list[tuple[str, Any]]:
    return [("open_order", status), ("order_status", status)]


def fill(shares: str, status: str = "Filled") -> list[tuple[str, Any]]:
    """What is told of one part."""
    return [("execution_details", shares), *pair(status), *pair(status), ("commission_report", None)]


ENDED = [("order_status", "Cancelled"), ("error", 202)]
