"""A stop order waits, is triggered by the price, and is filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Sell when the price falls."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.gateway.set_price("AAPL", 190.0, 190.1)
    trade = ib.placeOrder(contract, stage.library.StopOrder("SELL", 10, 180.0, tif="GTC"))
    stage.hears("statusEvent of the trade", trade.statusEvent, lambda trade: trade.orderStatus.status)
    stage.settle(ib, seconds=1)
    stage.says("status before the trigger", trade.orderStatus.status)
    stage.says("why it is held", trade.orderStatus.whyHeld)
    stage.gateway.set_price("AAPL", 179.0, 179.1)
    stage.settle(ib, seconds=2)
    stage.says("status after the trigger", trade.orderStatus.status)


SITUATION = Situation(about=About.ORDERS, play=play)
