"""A program places an order of which it sets only what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage


def play_ibapi(stage: ClientStage) -> None:
    """Set action, size, type and price, and nothing else, as most examples do."""
    app = stage.connected()
    for kind in ("LMT", "MKT"):
        order = stage.record("Order", action="BUY", totalQuantity=10, orderType=kind)
        if kind == "LMT":
            order.lmtPrice = 100.0
        heard = stage.asks(
            app, f"placeOrder() of {kind}", lambda: app.placeOrder(stage.next_id(app), stage.stock(), order)
        )
        stage.arguments(f"error of {kind}", heard, "error")
    stage.says("orders at the Gateway", [(order["type"], order["status"]) for order in stage.gateway.orders()])


SITUATION = Situation(about=About.ORDERS, ibapi=play_ibapi)
