"""An order is rejected (201), and ends as Inactive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place an order that the broker rejects."""
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
    stage.gateway.reject(order.orderId)
    stage.settle(ib)
    stage.says("status of the order", trade.orderStatus.status)
    stage.says("trade.isDone()", trade.isDone())
    stage.says("trade.isActive()", trade.isActive())
    stage.says("ib.openTrades()", len(ib.openTrades()))
    stage.says("statuses in trade.log", [entry.status for entry in trade.log])
    stage.says("error codes in trade.log", [entry.errorCode for entry in trade.log])


def play_ibapi(stage: ClientStage) -> None:
    """Place an order that the broker rejects."""
    app = stage.connected()
    number = stage.next_id(app)
    stage.asks(app, "placeOrder()", lambda: app.placeOrder(number, stage.stock(), stage.limit_order()))
    stage.gateway.reject(number)
    stage.settle(app)
    heard = stage.hears(app, "callbacks of the rejection")
    for name in ("error", "orderStatus"):
        stage.arguments(f"{name} of the rejection", heard, name)


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
