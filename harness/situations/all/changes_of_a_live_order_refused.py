"""An order works; changes of its price, type, action and size are refused, each for another reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Change an order wrongly, one way after the other, and look at what it became."""
    for what, name, value in (
        ("price off the tick (110)", "lmtPrice", 100.001),
        ("another order type", "orderType", "MIDPRICE"),
        ("another side", "action", "SELL"),
        ("another time in force", "tif", "DAY"),
        ("no size", "totalQuantity", 0),
    ):
        ib = stage.connected()
        contract = stage.stock(ib)
        order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
        trade = ib.placeOrder(contract, order)
        stage.settle(ib)
        stage.hears(f"statusEvent after a change to {what}", trade.statusEvent, lambda trade: trade.orderStatus.status)
        setattr(order, name, value)
        stage.calls(f"placeOrder() with {what}", lambda: ib.placeOrder(contract, order), quiet=True)
        stage.settle(ib)
        stage.says(f"status after a change to {what}", trade.orderStatus.status)
        stage.says(f"errors in trade.log after a change to {what}", [entry.errorCode for entry in trade.log])
        stage.says(f"trade.isDone() after a change to {what}", trade.isDone())
        ib.reqGlobalCancel()
        stage.settle(ib)
        ib.disconnect()


SITUATION = Situation(about=About.ORDERS, play=play)
