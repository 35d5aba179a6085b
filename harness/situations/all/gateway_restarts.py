"""The Gateway restarts in the night: the line ends, the port refuses, and it is there again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation
from harness.situations.stage import CONNECT_TIMEOUT

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Lose the line, try in vain, and connect with the same IB."""
    ib = stage.connected()
    contract = stage.stock(ib)
    ib.placeOrder(contract, stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC"))
    ticker = ib.reqMktData(contract)
    stage.settle(ib, seconds=1)
    stage.hears("ib.disconnectedEvent", ib.disconnectedEvent)
    stage.hears("ib.connectedEvent", ib.connectedEvent)
    stage.gateway.down()
    stage.calls("util.run() meanwhile", lambda: stage.until(lambda: not ib.isConnected(), "the library hears of it"))
    where = {"host": stage.gateway.host, "port": stage.gateway.port, "clientId": 1, "timeout": CONNECT_TIMEOUT}
    stage.calls("ib.connect() while it is away", lambda: ib.connect(**where), quiet=True)
    stage.gateway.up()
    stage.calls("ib.connect() when it is back", lambda: ib.connect(**where), quiet=True)
    stage.settle(ib, seconds=1)
    stage.says("ib.openTrades()", [trade.orderStatus.status for trade in ib.openTrades()])
    stage.says("ib.tickers()", len(ib.tickers()))
    stage.says("ib.ticker() of the old subscription", ib.ticker(contract) is ticker)
    stage.calls("cancelMktData() of the old subscription", lambda: ib.cancelMktData(contract))


def play_ibapi(stage: ClientStage) -> None:
    """Lose the line, try in vain, and connect with the same object, and with a new one."""
    app = stage.connected()
    app.placeOrder(stage.next_id(app), stage.stock(), stage.limit_order())
    stage.settle(app)
    stage.ears(app).heard.clear()
    where = stage.gateway.host, stage.gateway.port
    stage.gateway.down()
    stage.ends(app, "run() when the line ends")
    stage.hears(app, "callbacks when the line ends")
    stage.calls("connect() while it is away", lambda: app.connect(*where, 1), quiet=True)
    stage.says("isConnected() while it is away", bool(app.isConnected()))
    stage.hears(app, "callbacks while it is away")
    stage.gateway.up()
    for what, again in (("the same object", app), ("a new object", stage.app())):
        stage.calls(f"connect() of {what}", lambda: stage.connect(again, 1), quiet=True)
        stage.settle(again)
        stage.says(f"isConnected() of {what}", bool(again.isConnected()))
        heard = stage.asks(again, f"reqOpenOrders() of {what}", lambda: again.reqOpenOrders())
        stage.says(f"threads of callbacks of {what}", {each.thread for each in heard})
        again.disconnect()
        stage.ends(again, f"run() of {what}")
        stage.gateway.step()


SITUATION = Situation(about=About.CONNECTION, play=play, ibapi=play_ibapi)
