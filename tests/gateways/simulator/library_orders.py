"""Runs inside a library's own environment: trades at a gateway, and says what the library made of it.

Arguments: ``ib_async`` or ``ibapi``, and the port. Standard output gets one JSON object. An order is filled in parts, a
combination with its legs, a bracket is placed and cancelled, an order is weighed, and orders, of which one is
conditioned, are seen again, and cancelled, on another connection.
"""

from __future__ import annotations

import asyncio
import json
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 10.0
"""Seconds; what comes back does so at once."""

HOST, CLIENT_ID = "127.0.0.1", 41
LEGS = ((265598, 1, "BUY"), (12087792, 2, "SELL"))
"""A stock and a pair of currencies: both have a quote where the market stands still."""


def of_ib_async(port: int) -> dict[str, Any]:
    return asyncio.run(_ib_async(port))


async def _ib_async(port: int) -> dict[str, Any]:
    import ib_async  # noqa: PLC0415 - only in its own environment

    ib = ib_async.IB()
    await ib.connectAsync(HOST, port, clientId=CLIENT_ID)
    stock = ib_async.Stock("AAPL", "SMART", "USD", conId=265598)
    came: dict[str, Any] = {"filled": await _filled(ib, stock), "bracket": await _bracket(ib, stock)}
    came |= {"combination": await _combination(ib), "weighed": await _weighed(ib, stock)}
    conditioned = ib_async.LimitOrder("BUY", 5, 100.0, tif="GTC")
    conditioned.conditions = [ib_async.PriceCondition(conId=265598, exch="SMART", price=500.0)]
    waits = ib.placeOrder(stock, conditioned)
    await _until(ib, lambda: waits.orderStatus.status == "PreSubmitted")
    resting = ib.placeOrder(stock, ib_async.LimitOrder("BUY", 5, 100.0, tif="GTC"))
    await _until(ib, lambda: resting.orderStatus.status == "Submitted")
    ib.disconnect()
    again = ib_async.IB()
    await again.connectAsync(HOST, port, clientId=CLIENT_ID)
    kept, seen = again.openTrades()
    came["conditioned"] = [kept.orderStatus.status, [each.price for each in kept.order.conditions]]
    again.cancelOrder(kept.order)
    came["again"] = [seen.order.permId == resting.order.permId, seen.order.lmtPrice, seen.orderStatus.status]
    again.cancelOrder(seen.order)
    await _until(again, lambda: seen.orderStatus.status == "Cancelled")
    came["left"] = len(again.openTrades())
    again.disconnect()
    return came


async def _filled(ib: Any, stock: Any) -> list[Any]:
    import ib_async  # noqa: PLC0415

    trade = ib.placeOrder(stock, ib_async.MarketOrder("BUY", 300, tif="DAY"))
    await _until(ib, lambda: trade.isDone() and all(fill.commissionReport.execId for fill in trade.fills))
    await _until(ib, lambda: any(held.position == 400 for held in ib.positions()))
    parts = [[fill.execution.shares, fill.execution.price] for fill in trade.fills]
    return [trade.orderStatus.status, parts, trade.filled(), trade.remaining()]


async def _bracket(ib: Any, stock: Any) -> list[list[str]]:
    orders = ib.bracketOrder("BUY", 10, limitPrice=150.0, takeProfitPrice=250.0, stopLossPrice=120.0, tif="DAY")
    trades = [ib.placeOrder(stock, order) for order in orders]
    working = ["Submitted", "PreSubmitted", "PreSubmitted"]
    await _until(ib, lambda: [trade.orderStatus.status for trade in trades] == working)
    held = [trade.orderStatus.whyHeld for trade in trades]
    ib.cancelOrder(trades[0].order)
    await _until(ib, lambda: all(trade.orderStatus.status == "Cancelled" for trade in trades))
    return [held, [trade.orderStatus.status for trade in trades]]


async def _combination(ib: Any) -> list[Any]:
    import ib_async  # noqa: PLC0415

    legs = [ib_async.ComboLeg(conId=leg, ratio=ratio, action=side, exchange="SMART") for leg, ratio, side in LEGS]
    combination = ib_async.Bag(symbol="AAPL", exchange="SMART", currency="USD", comboLegs=legs)
    trade = ib.placeOrder(combination, ib_async.MarketOrder("BUY", 3, tif="DAY"))
    await _until(ib, lambda: trade.isDone() and all(fill.commissionReport.execId for fill in trade.fills[1:3]))
    fills = [[fill.contract.secType, fill.execution.side, fill.execution.shares] for fill in trade.fills]
    return [trade.orderStatus.status, fills, trade.filled()]


async def _weighed(ib: Any, stock: Any) -> list[float]:
    import ib_async  # noqa: PLC0415

    state = await ib.whatIfOrderAsync(stock, ib_async.LimitOrder("BUY", 100, 150.0, tif="DAY"))
    return [round(float(state.initMarginChange), 2), state.commission]


async def _until(ib: Any, holds: Callable[[], bool]) -> None:
    """Wait until what the library knows is so; it says whenever it has heard something."""
    while not holds():
        await asyncio.wait_for(ib.updateEvent, PATIENCE)


Heard = tuple[str, tuple[Any, ...]]


class Told:
    """A connection of ibapi, and its callbacks in their order."""

    def __init__(self, port: int) -> None:
        from ibapi import client, wrapper  # noqa: PLC0415

        heard: queue.Queue[Heard] = queue.Queue()
        names = [name for name in vars(wrapper.EWrapper) if not name.startswith("_") and not name.endswith("ProtoBuf")]
        told = {name: _put(heard, name) for name in names if name != "logAnswer"}
        self.heard, self.before = heard, list[Heard]()
        self.app = client.EClient(type("Told", (wrapper.EWrapper,), told)())
        self.app.connect(HOST, port, CLIENT_ID)
        self._reading = threading.Thread(target=self.app.run, daemon=True)
        self._reading.start()
        _, (self.next_id,) = self.until(lambda name, _: name == "nextValidId")

    def until(self, wanted: Callable[[str, tuple[Any, ...]], bool]) -> Heard:
        """Return the first callback that is wanted; those before it are kept."""
        ends = time.monotonic() + PATIENCE
        while True:
            name, arguments = self.heard.get(timeout=max(0.0, ends - time.monotonic()))
            self.before.append((name, arguments))
            if wanted(name, arguments):
                return name, arguments

    def status(self, order_id: int, status: str) -> None:
        """Wait for an order's status."""
        self.until(lambda name, arguments: name == "orderStatus" and arguments[:2] == (order_id, status))

    def leave(self) -> None:
        """End the connection at once: a thread of the library still reads from it, and would keep it open."""
        self.app.conn.socket.shutdown(socket.SHUT_RDWR)
        self.app.disconnect()
        self._reading.join(PATIENCE)


def _put(heard: queue.Queue[Heard], name: str) -> Callable[..., None]:
    return lambda _self, *arguments: heard.put((name, arguments))


def of_ibapi(port: int) -> dict[str, Any]:
    first = Told(port)
    number = first.next_id
    first.app.placeOrder(number, _stock(), _order("BUY", "MKT", 300))
    first.until(lambda name, arguments: name == "orderStatus" and arguments[:4] == (number, "Filled", 300, 0))
    fills = [arguments[2] for name, arguments in first.before if name == "execDetails"]
    came: dict[str, Any] = {"filled": [[float(fill.shares), fill.price] for fill in fills]}
    came |= {"combination": _combined(first, number + 1), "weighed": _weighed_by_ibapi(first, number + 2)}
    parent = number + 3
    first.app.placeOrder(parent, _stock(), _order("BUY", "LMT", 10, lmtPrice=150.0, transmit=False))
    for child, kind in ((parent + 1, {"lmtPrice": 250.0}), (parent + 2, {"auxPrice": 120.0, "transmit": True})):
        order_type = "LMT" if "lmtPrice" in kind else "STP"
        values = {"transmit": False, **kind, "parentId": parent}
        first.app.placeOrder(child, _stock(), _order("SELL", order_type, 10, **values))
    first.status(parent + 2, "PreSubmitted")
    first.app.cancelOrder(parent, _cancellation())
    first.status(parent + 2, "Cancelled")
    cancelled = [
        arguments[0] for name, arguments in first.before if name == "orderStatus" and arguments[1] == "Cancelled"
    ]
    came["cancelled"] = [order_id - parent for order_id in cancelled]
    waits, resting = parent + 3, parent + 4
    first.app.placeOrder(waits, _stock(), _conditioned())
    first.status(waits, "PreSubmitted")
    first.app.placeOrder(resting, _stock(), _order("BUY", "LMT", 5, lmtPrice=100.0, tif="GTC"))
    first.status(resting, "Submitted")
    first.leave()
    second = Told(port)
    came["again"] = [arguments[0] - parent for name, arguments in second.before if name == "openOrder"]
    conditions = [arguments[2].conditions for name, arguments in second.before if name == "openOrder"]
    came["conditioned"] = [[condition.price for condition in each] for each in conditions]
    came["next id"] = second.next_id - parent
    second.app.cancelOrder(resting, _cancellation())
    second.status(resting, "Cancelled")
    second.leave()
    return came


def _combined(told: Told, number: int) -> list[Any]:
    from ibapi import contract  # noqa: PLC0415

    combination = _stock()
    combination.conId, combination.secType, combination.comboLegs = 0, "BAG", []
    for leg, ratio, side in LEGS:
        made = contract.ComboLeg()
        made.conId, made.ratio, made.action, made.exchange = leg, ratio, side, "SMART"
        combination.comboLegs.append(made)
    told.app.placeOrder(number, combination, _order("BUY", "MKT", 3))
    for _ in LEGS:
        told.until(lambda name, _: name in {"commissionReport", "commissionAndFeesReport"})
    fills = [
        arguments[1:] for name, arguments in told.before if name == "execDetails" and arguments[2].orderId == number
    ]
    return [[made.secType, fill.side, float(fill.shares)] for made, fill in fills]


def _weighed_by_ibapi(told: Told, number: int) -> list[float]:
    told.app.placeOrder(number, _stock(), _order("BUY", "LMT", 100, lmtPrice=150.0, whatIf=True))
    _, (*_, state) = told.until(lambda name, arguments: name == "openOrder" and arguments[0] == number)
    commission = getattr(state, "commissionAndFees", None)
    return [round(float(state.initMarginChange), 2), state.commission if commission is None else commission]


def _stock() -> Any:
    from ibapi import contract  # noqa: PLC0415

    stock = contract.Contract()
    stock.conId, stock.symbol, stock.secType, stock.exchange, stock.currency = 265598, "AAPL", "STK", "SMART", "USD"
    return stock


def _order(action: str, order_type: str, quantity: int, **values: Any) -> Any:
    from ibapi import order  # noqa: PLC0415

    made = order.Order()
    made.action, made.orderType, made.totalQuantity, made.tif = action, order_type, quantity, "DAY"
    for name, value in values.items():
        setattr(made, name, value)
    return made


def _conditioned() -> Any:
    from ibapi import order_condition  # noqa: PLC0415

    made = _order("BUY", "LMT", 5, lmtPrice=100.0, tif="GTC")
    condition = order_condition.Create(order_condition.OrderCondition.Price)
    condition.conId, condition.exchange, condition.isMore, condition.price = 265598, "SMART", True, 500.0
    condition.triggerMethod = 0
    made.conditions = [condition]
    return made


def _cancellation() -> Any:
    from ibapi import order_cancel  # noqa: PLC0415

    return order_cancel.OrderCancel()


if __name__ == "__main__":
    print(json.dumps({"ib_async": of_ib_async, "ibapi": of_ibapi}[sys.argv[1]](int(sys.argv[2]))))  # noqa: T201
