"""A limit order works; a change of it is refused with error 321, and it goes on as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place a limit order far away, and give it an action that there is none of."""
    ib = stage.connected()
    contract = stage.stock(ib)
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
    trade = ib.placeOrder(contract, order)
    stage.settle(ib)
    stage.says("status of the order before the change", trade.orderStatus.status)
    stage.hears("ib.errorEvent after the change", ib.errorEvent, lambda _id, code, *_: code)
    stage.hears("statusEvent of the trade after the change", trade.statusEvent, lambda trade: trade.orderStatus.status)
    stage.hears("cancelledEvent of the trade", trade.cancelledEvent)
    order.triggerMethod = 99
    ib.placeOrder(contract, order)
    stage.settle(ib)
    stage.says("status of the order after error 321", trade.orderStatus.status)
    stage.says("trade.isDone() after error 321", trade.isDone())
    stage.says("trade.isActive() after error 321", trade.isActive())
    stage.says("orders in ib.openTrades() after error 321", len(ib.openTrades()))
    stage.says("error codes in trade.log", [entry.errorCode for entry in trade.log])
    stage.says("the order at the Gateway", [order["status"] for order in stage.gateway.orders()])


def play_ibapi(stage: ClientStage) -> None:
    """Place a limit order far away, and give it a trigger method that there is none of."""
    app = stage.connected()
    number = stage.next_id(app)
    stage.asks(app, "placeOrder()", lambda: app.placeOrder(number, stage.stock(), stage.limit_order()))
    wrong = stage.limit_order(triggerMethod=99)
    heard = stage.asks(
        app, "placeOrder() that changes it wrongly", lambda: app.placeOrder(number, stage.stock(), wrong)
    )
    stage.arguments("error of the change", heard, "error")
    stage.asks(app, "reqOpenOrders() after error 321", lambda: app.reqOpenOrders())


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
