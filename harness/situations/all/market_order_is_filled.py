"""A market order is filled by the market, and holdings and portfolio follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Buy, and hear what comes."""
    ib = stage.connected()
    contract = stage.stock(ib)
    for name in ("newOrderEvent", "openOrderEvent", "orderStatusEvent", "execDetailsEvent", "commissionReportEvent"):
        stage.hears(f"ib.{name}", getattr(ib, name))
    stage.hears("ib.positionEvent", ib.positionEvent, lambda position: position.position)
    trade = ib.placeOrder(contract, stage.library.MarketOrder("BUY", 10, tif="DAY"))
    stage.settle(ib, seconds=2)
    stage.says("trade.isDone()", trade.isDone())
    stage.says("statuses in trade.log", [entry.status for entry in trade.log])
    stage.fields("trade.orderStatus", trade.orderStatus, ("status", "filled", "remaining", "avgFillPrice"))
    stage.says("ib.positions()", [(position.contract.symbol, position.position) for position in ib.positions()])
    ib.placeOrder(contract, stage.library.MarketOrder("SELL", 10, tif="DAY"))
    stage.settle(ib, seconds=2)
    stage.says(
        "ib.positions() after all is sold",
        [(position.contract.symbol, position.position) for position in ib.positions()],
    )


SITUATION = Situation(about=About.ORDERS, play=play)
