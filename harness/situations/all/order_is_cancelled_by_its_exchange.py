"""An exchange cancels an order that works (202)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place a limit order, which is cancelled without being asked."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
    trade = ib.placeOrder(contract, order)

    stage.hears("statusEvent of the trade", trade.statusEvent, lambda trade: trade.orderStatus.status)
    stage.hears("fillEvent of the trade", trade.fillEvent, lambda _trade, fill: fill.execution.shares)
    stage.hears("filledEvent of the trade", trade.filledEvent)
    stage.hears("commissionReportEvent of the trade", trade.commissionReportEvent)
    stage.hears("cancelledEvent of the trade", trade.cancelledEvent)

    stage.settle(ib)
    stage.gateway.cancel(order.orderId)
    stage.settle(ib)
    stage.says("status of the order", trade.orderStatus.status)
    stage.says("trade.isDone()", trade.isDone())
    stage.says("statuses in trade.log", [entry.status for entry in trade.log])
    stage.says("error codes in trade.log", [entry.errorCode for entry in trade.log])


def play_ibapi(stage: ClientStage) -> None:
    """Place an order that its exchange cancels (202)."""
    app = stage.connected()
    number = stage.next_id(app)
    stage.asks(app, "placeOrder()", lambda: app.placeOrder(number, stage.stock(), stage.limit_order()))
    stage.gateway.cancel(number)
    stage.settle(app)
    heard = stage.hears(app, "callbacks of the end")
    for name in ("error", "orderStatus"):
        stage.arguments(f"{name} of the end", heard, name)


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
