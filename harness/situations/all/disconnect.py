"""A program disconnects, and looks at what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Disconnect twice, look at the state, and ask all the same."""
    ib = stage.connected()
    contract = stage.stock(ib)
    ticker = ib.reqMktData(contract)
    stage.settle(ib, seconds=1)
    stage.hears("ib.disconnectedEvent", ib.disconnectedEvent)
    stage.calls("type of what ib.disconnect() returns", lambda: type(ib.disconnect()).__name__)
    stage.says("ib.isConnected()", ib.isConnected())
    for name in ("positions", "portfolio", "accountValues", "trades", "fills", "tickers", "managedAccounts"):
        stage.calls(f"ib.{name}() after ib.disconnect()", lambda: len(getattr(ib, name)()))
    stage.calls("ib.ticker() after ib.disconnect()", lambda: ib.ticker(contract) is ticker)
    stage.calls("ib.disconnect() again", lambda: ib.disconnect())
    stage.calls("ib.reqPositions() while disconnected", lambda: ib.reqPositions(), quiet=True)
    stage.calls(
        "ib.placeOrder() while disconnected", lambda: ib.placeOrder(contract, stage.library.MarketOrder("BUY", 1))
    )
    stage.calls("ib.reqCurrentTime() while disconnected", lambda: ib.reqCurrentTime(), quiet=True)


def play_ibapi(stage: ClientStage) -> None:
    """Disconnect with a request pending, twice, and ask all the same."""
    app = stage.connected()
    stage.asks(app, "reqMktData()", lambda: app.reqMktData(1, stage.stock(), "", False, False, []), seconds=1)
    stage.calls("disconnect()", lambda: app.disconnect(), quiet=True)
    stage.ends(app, "run() after disconnect()")
    stage.says("isConnected()", bool(app.isConnected()))
    stage.says("callbacks of disconnect()", [each.name for each in stage.ears(app).heard])
    stage.ears(app).heard.clear()
    stage.calls("disconnect() again", lambda: app.disconnect(), quiet=True)
    for name, request in (
        ("reqPositions()", lambda: app.reqPositions()),
        ("placeOrder()", lambda: app.placeOrder(1, stage.stock(), stage.limit_order())),
        ("cancelMktData()", lambda: app.cancelMktData(1)),
    ):
        stage.calls(f"{name} while disconnected", request, quiet=True)
        heard = stage.hears(app, f"callbacks of {name} while disconnected")
        stage.arguments(f"error of {name} while disconnected", heard, "error")
    stage.calls("serverVersion() while disconnected", lambda: app.serverVersion())
    stage.calls("twsConnectionTime() while disconnected", lambda: app.twsConnectionTime())


SITUATION = Situation(about=About.CONNECTION, play=play, ibapi=play_ibapi, gateway={"account": "held"})
