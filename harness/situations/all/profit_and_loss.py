"""A program subscribes to its profit and loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Subscribe for the account and for one holding, read, and cancel."""
    ib = stage.connected()
    account = ib.managedAccounts()[0]
    held = ib.positions()[0].contract
    stage.hears("ib.pnlEvent", ib.pnlEvent, lambda pnl: type(pnl).__name__)
    pnl = stage.calls("reqPnL()", lambda: ib.reqPnL(account), quiet=True)
    single = stage.calls("reqPnLSingle()", lambda: ib.reqPnLSingle(account, "", held.conId), quiet=True)
    stage.settle(ib)
    stage.fields("PnL", pnl)
    stage.fields("PnLSingle", single)
    stage.calls("reqPnL() again", lambda: ib.reqPnL(account), quiet=True)
    stage.calls("cancelPnL()", lambda: ib.cancelPnL(account))
    stage.calls("cancelPnL() again", lambda: ib.cancelPnL(account))
    stage.calls("cancelPnLSingle()", lambda: ib.cancelPnLSingle(account, "", held.conId))


def play_ibapi(stage: ClientStage) -> None:
    """Subscribe for the account and for one holding, hear, and cancel twice."""
    app = stage.connected()
    heard = stage.asks(app, "reqPositions()", lambda: app.reqPositions())
    held = next(each.values for each in heard if each.name == "position")
    account, con_id = held["account"], held["contract"].conId
    heard = stage.asks(app, "reqPnL()", lambda: app.reqPnL(1, account, ""))
    stage.arguments("pnl()", heard, "pnl")
    heard = stage.asks(app, "reqPnLSingle()", lambda: app.reqPnLSingle(2, account, "", con_id))
    stage.arguments("pnlSingle", heard, "pnlSingle")
    for what in ("cancelPnL()", "cancelPnL() again"):
        stage.calls(what, lambda: app.cancelPnL(1), quiet=True)


SITUATION = Situation(about=About.ACCOUNT, play=play, ibapi=play_ibapi, gateway={"account": "held", "market": "still"})
