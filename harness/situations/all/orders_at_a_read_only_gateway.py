"""A program places and cancels orders at a Gateway that is read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect read-only, and place an order all the same."""
    ib = stage.connected(readonly=True)
    contract = stage.stock(ib)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
    trade = ib.placeOrder(contract, order)
    stage.settle(ib)
    stage.says("status of the order", trade.orderStatus.status)
    stage.says("trade.isDone()", trade.isDone())
    stage.says("ib.openTrades()", len(ib.openTrades()))
    stage.awaits(ib, "reqOpenOrders()", lambda: ib.reqOpenOrdersAsync())
    stage.awaits(ib, "reqCompletedOrders()", lambda: ib.reqCompletedOrdersAsync(False))
    stage.awaits(ib, "whatIfOrder()", lambda: ib.whatIfOrderAsync(contract, order), quiet=True)


def play_ibapi(stage: ClientStage) -> None:
    """Place and cancel an order, and ask for orders."""
    app = stage.connected()
    number = stage.next_id(app)
    stage.asks(app, "placeOrder()", lambda: app.placeOrder(number, stage.stock(), stage.limit_order()))
    stage.asks(app, "cancelOrder()", lambda: stage.cancel(app, number))
    stage.asks(app, "reqOpenOrders()", lambda: app.reqOpenOrders())
    stage.asks(app, "reqCompletedOrders()", lambda: app.reqCompletedOrders(False))


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi, gateway={"scenario": "read-only"})
