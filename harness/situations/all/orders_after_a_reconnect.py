"""A program disconnects with an order that works, and connects again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Look at trades before, between, and after."""
    ib = stage.connected()
    contract = stage.stock(ib)
    trade = ib.placeOrder(contract, stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC"))
    stage.settle(ib)
    ib.disconnect()
    stage.says("ib.trades() while disconnected", len(ib.trades()))
    stage.says("ib.openOrders() while disconnected", len(ib.openOrders()))
    stage.says("status of the trade while disconnected", trade.orderStatus.status)
    stage.gateway.step()  # it has heard of who left
    ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=20)
    stage.settle(ib)
    stage.says("ib.openTrades() after the reconnect", [each.orderStatus.status for each in ib.openTrades()])
    stage.says("the same trade after the reconnect", trade in ib.openTrades())
    stage.says("next order id is above the last", ib.client.getReqId() > trade.order.orderId)


SITUATION = Situation(about=About.ORDERS, play=play)
