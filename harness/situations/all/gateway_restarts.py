"""The Gateway restarts in the night: the line ends, the port refuses, and it is there again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation
from harness.situations.stage import CONNECT_TIMEOUT

if TYPE_CHECKING:
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


SITUATION = Situation(about=About.CONNECTION, play=play)
