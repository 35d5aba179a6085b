"""A program cancels an order that there is none of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Cancel an order that was never placed."""
    ib = stage.connected()
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    order = stage.library.LimitOrder("BUY", 1, 1.0)
    stage.calls("cancelOrder() without an id", lambda: ib.cancelOrder(order))
    order.orderId = 4711
    stage.calls("cancelOrder() of an unknown id", lambda: ib.cancelOrder(order))
    stage.settle(ib)
    stage.says("ib.trades()", len(ib.trades()))


def play_ibapi(stage: ClientStage) -> None:
    """Cancel an order that was never placed (10147)."""
    app = stage.connected()
    heard = stage.asks(app, "cancelOrder() of an unknown id", lambda: stage.cancel(app, 4711))
    stage.arguments("error of cancelOrder() of an unknown id", heard, "error")


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
