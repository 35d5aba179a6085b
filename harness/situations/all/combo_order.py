"""A program buys a combination of two stocks, and it is filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place a BAG, fill it, and look at its trade."""
    ib = stage.connected()
    library = stage.library
    legs = [
        library.ComboLeg(conId=stage.stock(ib, symbol).conId, ratio=1, action=side, exchange="SMART")
        for symbol, side in (("AAPL", "BUY"), ("MSFT", "SELL"))
    ]
    bag = library.Contract(symbol="AAPL,MSFT", secType="BAG", exchange="SMART", currency="USD", comboLegs=legs)
    order = library.LimitOrder("BUY", 2, 1.0, tif="GTC")
    trade = stage.calls("placeOrder() of a combo", lambda: ib.placeOrder(bag, order), quiet=True)
    stage.settle(ib)
    stage.says("status of the combo", trade.orderStatus.status)
    stage.gateway.fill(order.orderId)
    stage.settle(ib)
    stage.says("status after the fill", trade.orderStatus.status)
    stage.says("trade.filled()", trade.filled())
    stage.says("kinds of contracts in trade.fills", sorted(fill.contract.secType for fill in trade.fills))
    stage.says("kinds of records", sorted({type(fill.contract).__name__ for fill in trade.fills}))


SITUATION = Situation(about=About.ORDERS, play=play, gateway={"fills": "by hand"})
