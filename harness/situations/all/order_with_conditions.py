"""A program places an order with conditions and an algorithm, and another client reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place, and read it back."""
    ib, other = stage.connected(1), stage.connected(2)
    library = stage.library
    contract = stage.stock(ib)
    order = library.LimitOrder("BUY", 10, 100.0, tif="GTC", algoStrategy="Adaptive")
    order.algoParams = [library.TagValue("adaptivePriority", "Normal")]
    order.conditions = [library.PriceCondition(price=150.0, conId=contract.conId, exch="SMART", isMore=False)]
    order.conditions += [library.TimeCondition(isMore=True, time="20270101 10:00:00 US/Eastern")]
    trade = stage.calls("placeOrder() with conditions", lambda: ib.placeOrder(contract, order), quiet=True)
    stage.settle(ib)
    stage.says("status of the order", trade.orderStatus.status)
    found = stage.awaits(other, "reqAllOpenOrders()", lambda: other.reqAllOpenOrdersAsync(), quiet=True)
    stage.calls("conditions as read", lambda: [each.order.conditions for each in found])
    stage.calls("algorithm as read", lambda: [(each.order.algoStrategy, each.order.algoParams) for each in found])


SITUATION = Situation(about=About.ORDERS, play=play)
