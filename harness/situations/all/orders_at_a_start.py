"""A program connects to an account that has orders, executions and holdings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
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


SITUATION = Situation(about=About.ORDERS, play=play, gateway={"account": "held", "market": "still"})
