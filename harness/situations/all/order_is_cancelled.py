"""A program cancels an order that works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Cancel a limit order, and again once it has ended."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
    trade = ib.placeOrder(contract, order)

    stage.hears("statusEvent of the trade", trade.statusEvent, lambda trade: trade.orderStatus.status)
    stage.hears("fillEvent of the trade", trade.fillEvent, lambda _trade, fill: fill.execution.shares)
    stage.hears("filledEvent of the trade", trade.filledEvent)
    stage.hears("commissionReportEvent of the trade", trade.commissionReportEvent)
    stage.hears("cancelledEvent of the trade", trade.cancelledEvent)

    stage.settle(ib)
    stage.calls("cancelOrder()", lambda: ib.cancelOrder(order), quiet=True)
    stage.settle(ib)
    stage.says("status after cancelOrder()", trade.orderStatus.status)
    stage.says("statuses in trade.log", [entry.status for entry in trade.log])
    stage.says("error codes in trade.log", [entry.errorCode for entry in trade.log])
    stage.says("ib.openTrades()", len(ib.openTrades()))
    stage.calls("cancelOrder() again", lambda: ib.cancelOrder(order), quiet=True)
    stage.settle(ib)
    stage.says("status after cancelOrder() again", trade.orderStatus.status)


def play_ibapi(stage: ClientStage) -> None:
    """Cancel orders in the three ways that versions have, and one again once it has ended."""
    app = stage.connected()
    ways: dict[str, Callable[[int], None]] = {
        "cancelOrder(id)": lambda number: app.cancelOrder(number),
        'cancelOrder(id, "")': lambda number: app.cancelOrder(number, ""),
        "cancelOrder(id, OrderCancel())": lambda number: app.cancelOrder(number, stage.record("OrderCancel")),
    }
    numbers = []
    for words, cancel in ways.items():
        number = stage.next_id(app)
        numbers.append(number)
        app.placeOrder(number, stage.stock(), stage.limit_order())
        stage.settle(app)
        stage.asks(app, words, lambda: cancel(number))
    stage.says("orders at the Gateway", [order["status"] for order in stage.gateway.orders()])
    for number in numbers:
        stage.cancel(app, number)
    stage.settle(app)
    stage.asks(app, "cancelOrder() of an order that has ended", lambda: stage.cancel(app, numbers[0]))


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
