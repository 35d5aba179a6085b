"""A program places an order with conditions and an algorithm, and another client reads it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Place an order with conditions of price and time, and read them from what comes back."""
    app = stage.connected()
    module = importlib.import_module("ibapi.order_condition")
    price, moment = module.Create(module.OrderCondition.Price), module.Create(module.OrderCondition.Time)
    price.conId, price.exchange, price.isMore, price.price = 265598, "SMART", True, 300.0
    price.triggerMethod = 0
    moment.isMore, moment.time = True, "20261231 23:59:59 US/Eastern"
    order = stage.limit_order(conditions=[price, moment])
    heard = stage.asks(app, "placeOrder()", lambda: app.placeOrder(stage.next_id(app), stage.stock(), order))
    for each in [each for each in heard if each.name == "openOrder"][-1:]:
        for condition in each.values["order"].conditions:
            stage.fields(type(condition).__name__, condition)
            stage.calls(f"text of {type(condition).__name__}", lambda: str(condition))


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
