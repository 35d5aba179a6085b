"""A second client asks for the orders of the first, and cancels all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place an order with one client; ask for open orders, and cancel globally, with another."""
    first, second = stage.connected(1), stage.connected(2)
    contract = stage.stock(first)
    trade = first.placeOrder(contract, stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC"))
    stage.settle(first)
    found = stage.awaits(
        second, "reqAllOpenOrders() of another client", lambda: second.reqAllOpenOrdersAsync(), quiet=True
    )
    stage.calls(
        "what it returns",
        lambda: [(each.order.clientId, each.order.orderId, each.orderStatus.status) for each in found],
    )
    stage.says("openTrades() of another client", len(second.openTrades()))
    stage.calls("cancelOrder() of another client's order", lambda: second.cancelOrder(trade.order), quiet=True)
    stage.settle(second)
    stage.settle(first)
    stage.says("status after another client cancels it", trade.orderStatus.status)
    stage.calls("reqGlobalCancel()", second.reqGlobalCancel)
    stage.settle(second)
    stage.settle(first)
    stage.says("status after reqGlobalCancel()", trade.orderStatus.status)
    done = stage.awaits(first, "reqCompletedOrders()", lambda: first.reqCompletedOrdersAsync(False), quiet=True)
    stage.calls(
        "completed orders",
        lambda: [(each.contract.symbol, each.orderStatus.status, each.order.orderType) for each in done],
    )


SITUATION = Situation(about=About.ORDERS, play=play)
