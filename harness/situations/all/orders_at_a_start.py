"""A program connects to an account that has orders, executions and holdings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Look at what a start brings."""
    ib = stage.connected()
    stage.says(
        "open orders", [(each.contract.symbol, each.order.action, each.orderStatus.status) for each in ib.openTrades()]
    )
    for trade in ib.openTrades()[:1]:
        stage.fields("open order", trade.order)
        stage.fields("status of the open order", trade.orderStatus)
    stage.says("fills", [(fill.contract.symbol, fill.execution.side, fill.execution.shares) for fill in ib.fills()])
    for fill in ib.fills()[:1]:
        stage.fields("fill", fill, ("time",))
        stage.fields("fill.execution", fill.execution)
        stage.fields("fill.commissionReport", fill.commissionReport)
    done = stage.awaits(ib, "reqCompletedOrders()", lambda: ib.reqCompletedOrdersAsync(False), quiet=True)
    for trade in done[:1]:
        stage.fields("completed order", trade.order)
        stage.fields("status of the completed order", trade.orderStatus)


def play_ibapi(stage: ClientStage) -> None:
    """Ask for open and completed orders that were there before."""
    app = stage.connected()
    heard = stage.asks(app, "reqAllOpenOrders()", lambda: app.reqAllOpenOrders())
    stage.arguments("openOrder", heard, "openOrder")
    heard = stage.asks(app, "reqCompletedOrders()", lambda: app.reqCompletedOrders(False))
    stage.arguments("completedOrder", heard, "completedOrder")


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi, gateway={"account": "held", "market": "still"})
