"""A program changes price and size of an order that works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Change a limit order twice, and look at what the Gateway has."""
    ib = stage.connected()
    contract = stage.stock(ib)
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
    trade = ib.placeOrder(contract, order)

    stage.hears("statusEvent of the trade", trade.statusEvent, lambda trade: trade.orderStatus.status)
    stage.hears("fillEvent of the trade", trade.fillEvent, lambda _trade, fill: fill.execution.shares)
    stage.hears("filledEvent of the trade", trade.filledEvent)
    stage.hears("commissionReportEvent of the trade", trade.commissionReportEvent)
    stage.hears("cancelledEvent of the trade", trade.cancelledEvent)

    stage.hears("modifyEvent of the trade", trade.modifyEvent)
    stage.settle(ib)
    order.lmtPrice = 101.0
    stage.calls("placeOrder() with another price", lambda: ib.placeOrder(contract, order) is trade)
    stage.settle(ib)
    order.totalQuantity = 20
    stage.calls("placeOrder() with another size", lambda: ib.placeOrder(contract, order) is trade)
    stage.settle(ib)
    stage.says("status after the changes", trade.orderStatus.status)
    stage.says("statuses in trade.log", [entry.status for entry in trade.log])
    stage.fields(
        "trade.order", trade.order, ("lmtPrice", "totalQuantity", "auxPrice", "volatility", "cashQty", "softDollarTier")
    )
    stage.says("the order at the Gateway", [(each["limit"], each["quantity"]) for each in stage.gateway.orders()])


def play_ibapi(stage: ClientStage) -> None:
    """Change the price of a limit order, and its size."""
    app = stage.connected()
    number = stage.next_id(app)
    for what, order in (
        ("placeOrder()", stage.limit_order()),
        ("placeOrder() with another price", stage.limit_order(101.0)),
        ("placeOrder() with another size", stage.limit_order(101.0, totalQuantity=20)),
    ):
        heard = stage.asks(app, what, lambda: app.placeOrder(number, stage.stock(), order))
        stage.arguments(f"orderStatus of {what}", heard, "orderStatus")


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
