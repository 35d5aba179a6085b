"""A program places a bracket, fills its entry and takes its profit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
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


SITUATION = Situation(about=About.ORDERS, play=play, gateway={"fills": "by hand"})
