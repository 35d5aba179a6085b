"""A program places two orders of which one cancels the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Fill one of a group."""
    ib = stage.connected()
    contract = stage.stock(ib)
    orders = [stage.library.LimitOrder("BUY", 10, price, tif="GTC") for price in (100.0, 101.0)]
    orders = stage.calls("oneCancelsAll()", lambda: ib.oneCancelsAll(orders, "group", 1), quiet=True)
    trades = [ib.placeOrder(contract, order) for order in orders]
    stage.settle(ib)
    stage.gateway.fill(orders[0].orderId)
    stage.settle(ib)
    stage.says("statuses after one is filled", [trade.orderStatus.status for trade in trades])
    stage.says("error codes in the logs", [[entry.errorCode for entry in trade.log] for trade in trades])


SITUATION = Situation(about=About.ORDERS, play=play, gateway={"fills": "by hand"})
