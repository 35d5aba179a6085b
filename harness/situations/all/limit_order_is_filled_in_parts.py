"""A limit order is filled in two parts, and the program follows its trade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Buy 10 shares, of which 4 and then 6 are filled."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.hears("ib.execDetailsEvent", ib.execDetailsEvent, lambda _trade, fill: fill.execution.shares)
    stage.hears("ib.positionEvent", ib.positionEvent, lambda position: position.position)
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
    trade = ib.placeOrder(contract, order)

    stage.hears("statusEvent of the trade", trade.statusEvent, lambda trade: trade.orderStatus.status)
    stage.hears("fillEvent of the trade", trade.fillEvent, lambda _trade, fill: fill.execution.shares)
    stage.hears("filledEvent of the trade", trade.filledEvent)
    stage.hears("commissionReportEvent of the trade", trade.commissionReportEvent)
    stage.hears("cancelledEvent of the trade", trade.cancelledEvent)

    stage.settle(ib)
    stage.gateway.fill(order.orderId, shares=4)
    stage.settle(ib)
    stage.says("trade.filled() after the first part", trade.filled())
    stage.says("trade.remaining() after the first part", trade.remaining())
    stage.says("trade.isActive() after the first part", trade.isActive())
    stage.gateway.fill(order.orderId)
    stage.settle(ib)
    stage.fields(
        "trade.orderStatus", trade.orderStatus, ("status", "filled", "remaining", "avgFillPrice", "lastFillPrice")
    )
    stage.says("trade.isDone() after both parts", trade.isDone())
    stage.says("statuses in trade.log", [entry.status for entry in trade.log])
    stage.fields("fill.execution", trade.fills[-1].execution, ("shares", "price", "cumQty", "avgPrice", "side", "time"))
    stage.fields("fill.commissionReport", trade.fills[-1].commissionReport, ("commission", "currency", "realizedPNL"))
    stage.says("ib.fills()", len(ib.fills()))
    stage.says("position after both parts", [position.position for position in ib.positions()])


def play_ibapi(stage: ClientStage) -> None:
    """Buy 10 shares, of which 4 and then 6 are filled."""
    app = stage.connected()
    number = stage.next_id(app)
    heard = stage.asks(app, "placeOrder()", lambda: app.placeOrder(number, stage.stock(), stage.limit_order()))
    stage.arguments("openOrder", heard, "openOrder")
    stage.gateway.fill(number, shares=4)
    stage.settle(app)
    heard = stage.hears(app, "callbacks of the first part")
    stage.arguments("orderStatus of the first part", heard, "orderStatus")
    stage.arguments("execDetails", heard, "execDetails")
    for name in ("commissionReport", "commissionAndFeesReport"):
        stage.arguments("report of the commission", heard, name)
    stage.gateway.fill(number)
    stage.settle(app)
    heard = stage.hears(app, "callbacks of the last part")
    stage.arguments("orderStatus of the last part", heard, "orderStatus")
    heard = stage.asks(app, "reqPositions()", lambda: app.reqPositions())
    stage.arguments("position()", heard, "position")


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi, gateway={"fills": "by hand"})
