"""A program gives price and size as Decimal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place a limit order with a Decimal price, and one with a Decimal size."""
    ib = stage.connected()
    contract = stage.stock(ib)
    for what, size, price in (("price", 10, Decimal("100.25")), ("size", Decimal(10), 100.25)):
        order = stage.library.LimitOrder("BUY", size, price, tif="GTC")
        trade = stage.calls(f"placeOrder() with a Decimal {what}", lambda: ib.placeOrder(contract, order), quiet=True)
        stage.settle(ib)
        if trade is not None:
            stage.says(f"status with a Decimal {what}", trade.orderStatus.status)
            stage.calls(f"remaining() with a Decimal {what}", lambda: trade.remaining())
            stage.calls(f"limit price of an order with a Decimal {what}", lambda: trade.order.lmtPrice)
    stage.says("orders at the Gateway", [(each["quantity"], each["limit"]) for each in stage.gateway.orders()])


def play_ibapi(stage: ClientStage) -> None:
    """Place a limit order with a Decimal price, with a Decimal size, and with a size that is a float or text."""
    app = stage.connected()
    for what, size, price in (
        ("a Decimal price", 10, Decimal("100.25")),
        ("a Decimal size", Decimal(10), 100.25),
        ("a size of 10.0", 10.0, 100.25),
        ("a size of text", "10", 100.25),
    ):
        order = stage.limit_order(price, totalQuantity=size)
        words = f"placeOrder() with {what}"
        stage.asks(app, words, lambda: app.placeOrder(stage.next_id(app), stage.stock(), order))
    stage.says("orders at the Gateway", [(each["quantity"], each["limit"]) for each in stage.gateway.orders()])


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
