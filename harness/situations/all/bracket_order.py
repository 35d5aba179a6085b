"""A program places a bracket, fills its entry and takes its profit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place the three orders, and fill the parent and the profit taker."""
    ib = stage.connected()
    contract = stage.stock(ib)
    bracket = ib.bracketOrder("BUY", 10, limitPrice=100.0, takeProfitPrice=110.0, stopLossPrice=90.0, tif="GTC")
    stage.says("kinds of orders in the bracket", [type(order).__name__ for order in bracket])
    trades = [ib.placeOrder(contract, order) for order in bracket]
    for name, trade in zip(bracket._fields, trades, strict=True):
        stage.hears(f"statusEvent of the {name}", trade.statusEvent, lambda trade: trade.orderStatus.status)
    stage.settle(ib)
    stage.says("statuses before the fill", [trade.orderStatus.status for trade in trades])
    stage.gateway.fill(bracket.parent.orderId)
    stage.settle(ib)
    stage.says("statuses after the entry", [trade.orderStatus.status for trade in trades])
    stage.gateway.fill(bracket.takeProfit.orderId)
    stage.settle(ib)
    stage.says("statuses at the end", [trade.orderStatus.status for trade in trades])
    stage.says("which are done", [trade.isDone() for trade in trades])


def play_ibapi(stage: ClientStage) -> None:
    """Place an order with two that wait for it, fill it, and take the profit."""
    app = stage.connected()
    entry, profit, stop = (stage.next_id(app) for _ in range(3))
    stage.asks(
        app,
        "placeOrder() of the entry",
        lambda: app.placeOrder(entry, stage.stock(), stage.limit_order(transmit=False)),
    )
    target = stage.limit_order(300.0, action="SELL", parentId=entry, transmit=False)
    stage.asks(app, "placeOrder() of the target", lambda: app.placeOrder(profit, stage.stock(), target))
    loss = stage.limit_order(action="SELL", orderType="STP", auxPrice=50.0, parentId=entry)
    loss.lmtPrice = sys.float_info.max
    stage.asks(app, "placeOrder() of the stop", lambda: app.placeOrder(stop, stage.stock(), loss))
    for words, order in (("entry", entry), ("target", profit)):
        stage.gateway.fill(order)
        stage.settle(app)
        stage.hears(app, f"callbacks of the {words} that is filled")
    stage.says("orders at the Gateway", [order["status"] for order in stage.gateway.orders()])


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi, gateway={"fills": "by hand"})
