"""A program asks what an order would cost, and the Gateway refuses the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for the margin of an order with a trigger method that there is none of (321)."""
    ib = stage.connected()
    contract = stage.stock(ib)
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC", triggerMethod=99)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    stage.awaits(ib, "whatIfOrder() that is refused with 321", lambda: ib.whatIfOrderAsync(contract, order))
    order = stage.library.LimitOrder("BUY", 10, 100.001, tif="GTC")
    stage.awaits(ib, "whatIfOrder() that is refused with 110", lambda: ib.whatIfOrderAsync(contract, order))
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC", account="DU0000000")
    stage.awaits(ib, "whatIfOrder() for an account that is not ours", lambda: ib.whatIfOrderAsync(contract, order))
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
    state = stage.awaits(ib, "whatIfOrder() that is right", lambda: ib.whatIfOrderAsync(contract, order), quiet=True)
    stage.says("what it would cost", [state.initMarginChange, state.commission])


def play_ibapi(stage: ClientStage) -> None:
    """Ask for the margin of orders that are refused (321, 110), and of one that is right."""
    app = stage.connected()
    orders = {
        "with a wrong trigger method (321)": stage.limit_order(triggerMethod=99),
        "with a price off the tick (110)": stage.limit_order(100.001),
        "for an account that is not ours": stage.limit_order(account="DU0000000"),
        "that is right": stage.limit_order(),
    }
    for what, order in orders.items():
        order.whatIf = True
        words = f"placeOrder() what if, {what}"
        heard = stage.asks(app, words, lambda: app.placeOrder(stage.next_id(app), stage.stock(), order))
        stage.arguments("openOrder", heard, "openOrder")
    stage.says("orders at the Gateway", len(stage.gateway.orders()))


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
