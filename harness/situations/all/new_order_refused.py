"""New orders are refused at once, each for another reason."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place orders with a wrong trigger method, type, size, price and account, and of an unknown contract."""
    ib = stage.connected()
    contract = stage.stock(ib)
    library = stage.library
    orders = {
        "trigger method (321)": (contract, library.LimitOrder("BUY", 10, 100.0, tif="GTC", triggerMethod=99)),
        "order type (321)": (contract, library.Order(action="BUY", totalQuantity=1, orderType="NONSENSE", tif="GTC")),
        "size 0": (contract, library.LimitOrder("BUY", 0, 100.0, tif="GTC")),
        "price off the tick (110)": (contract, library.LimitOrder("BUY", 10, 100.001, tif="GTC")),
        "account (321)": (contract, library.LimitOrder("BUY", 10, 100.0, tif="GTC", account="DU0000000")),
        "unknown contract (200)": (
            library.Stock("NOSUCHSYMBOL", "SMART", "USD"),
            library.LimitOrder("BUY", 10, 100.0, tif="GTC"),
        ),
    }
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    for reason, (what, order) in orders.items():
        trade = stage.calls(f"placeOrder() with a wrong {reason}", lambda: ib.placeOrder(what, order), quiet=True)
        stage.settle(ib)
        stage.says(f"status after a wrong {reason}", trade.orderStatus.status)
        stage.says(f"trade.isDone() after a wrong {reason}", trade.isDone())
        stage.says(f"errors in trade.log after a wrong {reason}", [entry.errorCode for entry in trade.log])
    stage.says("ib.openTrades()", len(ib.openTrades()))
    stage.says("orders at the Gateway", len(stage.gateway.orders()))


def play_ibapi(stage: ClientStage) -> None:
    """Place orders with a wrong trigger method, type, size, price and account, and of an unknown contract."""
    app = stage.connected()
    orders = {
        "trigger method (321)": stage.limit_order(triggerMethod=99),
        "order type (321)": stage.limit_order(orderType="NONSENSE"),
        "size 0": stage.limit_order(totalQuantity=0),
        "price off the tick (110)": stage.limit_order(100.001),
        "account (321)": stage.limit_order(account="DU0000000"),
        "price that is missing (321)": stage.limit_order(sys.float_info.max),
    }
    for reason, order in orders.items():
        words = f"placeOrder() with a wrong {reason}"
        heard = stage.asks(app, words, lambda: app.placeOrder(stage.next_id(app), stage.stock(), order))
        stage.arguments(f"error of a wrong {reason}", heard, "error")
    unknown = stage.stock("NOSUCHSYMBOL")
    stage.asks(
        app,
        "placeOrder() of an unknown contract (200)",
        lambda: app.placeOrder(stage.next_id(app), unknown, stage.limit_order()),
    )
    stage.says("orders at the Gateway", len(stage.gateway.orders()))


SITUATION = Situation(about=About.ORDERS, play=play, ibapi=play_ibapi)
