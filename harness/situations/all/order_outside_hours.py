"""A market order is placed in the night, and the Gateway warns that it waits for the morning (399)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place a market order for regular hours before they begin."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    order = stage.library.MarketOrder("BUY", 10, tif="DAY")
    trade = ib.placeOrder(contract, order)

    stage.hears("statusEvent of the trade", trade.statusEvent, lambda trade: trade.orderStatus.status)
    stage.hears("fillEvent of the trade", trade.fillEvent, lambda _trade, fill: fill.execution.shares)
    stage.hears("filledEvent of the trade", trade.filledEvent)
    stage.hears("commissionReportEvent of the trade", trade.commissionReportEvent)
    stage.hears("cancelledEvent of the trade", trade.cancelledEvent)

    stage.settle(ib)
    stage.says("status of the order", trade.orderStatus.status)
    stage.says("trade.isActive()", trade.isActive())
    stage.says("statuses in trade.log", [entry.status for entry in trade.log])
    stage.says("error codes in trade.log", [entry.errorCode for entry in trade.log])


SITUATION = Situation(about=About.ORDERS, play=play, gateway={"at": "2026-12-02T02:00:00-05:00"})
